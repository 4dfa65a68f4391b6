/**
 * Do two thousand events a second, for minutes on end, arrive once each, in constant memory and time? `wharf start` runs
 * as a process of its own; posts of a hundred come whether earlier ones are answered or not.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { openInstallation } from '../cli/installation.ts';
import { balanced } from '../core/delivery/books.ts';
import { type Line, quantile, withFolder } from './support.ts';
import { view } from './ways/view.ts';

const POSTS_PER_SECOND = 20;
const EVENTS_EACH = 100;
const SECONDS = { short: 30, full: 300 };
const LOOK_MS = 200;

interface Running {
  readonly api: string;
  readonly pid: number;
}

const wharf = (...args: string[]): [string, string[]] => [
  process.execPath,
  [...process.execArgv, join(import.meta.dirname, '..', 'bin', 'wharf.mjs'), ...args],
];

/** `wharf start` in a folder, and a key that may post as much as this does. */
async function startWharf(state: string) {
  const readyFile = join(state, '..', 'ready.json');
  const ports = ['--port', '0', '--api-port', '0'];
  const child = spawn(...wharf('start', '--state', state, '--ready-file', readyFile, ...ports), {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = once(child, 'exit');
  while (!existsSync(readyFile)) await sleep(50);
  const { api, pid } = JSON.parse(await readFile(readyFile, 'utf8')) as Running;
  const scopes = ['--scope', 'recomart.*:write', '--scope', 'recomart.*:read'];
  const made = wharf('keys', 'make', 'bench', ...scopes, '--rate', '1000000', '--json', '--state', state);
  const { stdout } = await promisify(execFile)(...made);
  return {
    ...{ api, pid },
    key: (JSON.parse(stdout) as { key: string }).key,
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null) return;
      process.kill(pid, 'SIGINT');
      await ended;
    },
  };
}

/** Resident memory of a process, in MB. */
async function memoryOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)![1]) / 1024);
}

export async function sustainedBench({ full }: { readonly full: boolean }): Promise<Line[]> {
  return withFolder(async (dir) => {
    const state = join(dir, 'state');
    await using cloud = await startWharf(state);
    const headers = { authorization: `Bearer ${cloud.key}`, 'content-type': 'application/json' };
    const seconds = full ? SECONDS.full : SECONDS.short;
    const [answers, visible, memory]: [number[], number[], number[]] = [[], [], []];
    const underWay: Promise<void>[] = [];

    const post = async (number: number, due: number): Promise<string> => {
      const events = Array.from({ length: EVENTS_EACH }, (_, i) => view(number * EVENTS_EACH + i));
      const response = await fetch(`${cloud.api}/v1/recomart/transactions`, {
        method: 'POST',
        headers,
        body: JSON.stringify(events),
      });
      if (response.status !== 202) throw new Error(`answered ${response.status}: ${await response.text()}`);
      const { accepted } = (await response.json()) as { accepted: { receipt: string }[] };
      answers.push(performance.now() - due);
      return accepted[0]!.receipt;
    };
    const untilVisible = async (receipt: string, since: number) => {
      for (;;) {
        const response = await fetch(`${cloud.api}/v1/receipts/${receipt}`, { headers });
        const { state: now } = (await response.json()) as { state?: string };
        if (now === 'committed') break;
        await sleep(LOOK_MS);
      }
      visible.push(performance.now() - since);
    };

    const start = performance.now();
    for (let i = 0; i < seconds * POSTS_PER_SECOND; i++) {
      const due = start + (i * 1000) / POSTS_PER_SECOND;
      if (due > performance.now()) await sleep(due - performance.now());
      const receipt = post(i, due);
      const isProbe = i % POSTS_PER_SECOND === 0;
      underWay.push(receipt.then((one) => (isProbe ? untilVisible(one, due) : undefined)));
      if (isProbe) memory.push(await memoryOf(cloud.pid));
    }
    await Promise.all(underWay);
    const took = (performance.now() - start) / 1000;
    await cloud[Symbol.asyncDispose]();

    await using installation = await openInstallation(state);
    await installation.idle();
    const posted = seconds * POSTS_PER_SECOND * EVENTS_EACH;
    const { rows } = await installation.lake.query(
      'SELECT count(*) AS n, count(DISTINCT user_id) AS once, count(DISTINCT _delivery) AS deliveries FROM recomart.transactions',
    );
    const [{ n, once: distinct, deliveries }] = rows as [{ n: string; once: string; deliveries: string }];
    const entries = await installation.deliveries('recomart.transactions');
    const open = entries.filter((entry) => entry.state !== 'committed' || !balanced(entry));
    if (Number(n) !== posted || Number(distinct) !== posted || open.length > 0)
      throw new Error(
        `${posted} events were posted, ${n} rows are there, ${distinct} of them different; ${open.length} deliveries are not in order`,
      );

    const third = Math.floor(memory.length / 3);
    const hour = Math.round((Number(deliveries) * 3600) / took);
    return [
      {
        question: `${POSTS_PER_SECOND * EVENTS_EACH} events/s for ${seconds} s: all there, each once`,
        result: `${posted.toLocaleString('en-GB')} events, ${deliveries} deliveries, ${hour.toLocaleString('en-GB')} files an hour`,
        target: 'none lost, none doubled',
      },
      {
        question: '… from post to table: median / slowest',
        result: `${(quantile(visible, 0.5) / 1000).toFixed(1)} / ${(quantile(visible, 1) / 1000).toFixed(1)} s`,
        target: '60 s',
      },
      {
        question: '… answers: median / p99',
        result: `${quantile(answers, 0.5).toFixed(1)} / ${quantile(answers, 0.99).toFixed(1)} ms`,
      },
      {
        question: '… memory after the first third / at the end, whole cloud',
        result: `${quantile(memory.slice(third, third + 10), 0.5)} / ${quantile(memory.slice(-10), 0.5)} MB`,
        target: 'flat',
      },
    ];
  });
}

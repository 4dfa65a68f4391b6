/** How soon do a thousand clients hear of an order, and how soon from a server that does nothing else? */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startLocalCloud } from '../local/cloud.ts';
import { Keys } from '../platform/api/keys.ts';
import { awsClients } from '../platform/aws.ts';
import { type Line, withFolder } from './support.ts';
import { startBareWs } from './ways/bare-ws.ts';
import type { Heard } from './ways/listeners.ts';

const CLIENTS = 1_000;
const PER_SECOND = 50;
const SECONDS = 20;
/** Orders heard, of all clients together. */
const ALL = CLIENTS * PER_SECOND * SECONDS;

async function post(url: string, n: number, key: string): Promise<void> {
  const body = JSON.stringify({
    ...{ order_id: n, timestamp: new Date(), product_id: 'P0234', customer_id: 'C05678', store_id: 'S012' },
    ...{ quantity: 3, price: 2499.99, payment_method: 'UPI', order_source: 'App' },
  });
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` };
  const response = await fetch(url, { method: 'POST', body, headers });
  await response.arrayBuffer();
  if (response.status !== 202) throw new Error(`answered ${response.status}`);
}

/** Posts so many seconds long, each order when it is due, whether earlier ones are heard or not. */
async function play(url: string, key: string, seconds: number, from = 0): Promise<void> {
  const start = performance.now();
  const under: Promise<void>[] = [];
  for (let i = 0; i < PER_SECOND * seconds; i++) {
    const due = start + (i * 1000) / PER_SECOND;
    if (due > performance.now()) await sleep(due - performance.now());
    under.push(post(url, from + i, key));
  }
  await Promise.all(under);
}

/** What the clients of a server hear of a play, and what it costs this process, in which the server is. */
async function listen(ws: string, url: string, key = ''): Promise<Heard & { readonly cpuMs: number }> {
  const child = fork(join(import.meta.dirname, 'ways/listeners.ts'), [ws, key, String(CLIENTS)]);
  const answer = async () => ((await once(child, 'message')) as [Heard])[0];
  try {
    await answer();
    const ask = (what: 'begin' | 'report') => {
      child.send(what);
      return answer();
    };
    await play(url, key, 5);
    await sleep(2_000);
    await ask('begin');
    const before = process.cpuUsage();
    await play(url, key, SECONDS, 1_000_000);
    // What is late is waited for, within reason: it counts as it is.
    for (let tries = 0; tries < 20; tries++) {
      await sleep(500);
      if ((await ask('report')).orders >= ALL) break;
    }
    const { user, system } = process.cpuUsage(before);
    return { ...(await ask('report')), cpuMs: (user + system) / 1000 };
  } finally {
    child.kill();
  }
}

const told = ({ p50, p99, worst }: Heard): string => `${p50} / ${p99} / ${worst} ms`;

export async function liveBench(): Promise<Line[]> {
  const ours = await withFolder(async (dir) => {
    const log = { info: () => {}, warn: () => {}, error: console.error };
    await using cloud = await startLocalCloud({ state: join(dir, 'state'), log });
    const env = cloud.env('lambdas/accept-event/handler.ts');
    const { dynamodb } = awsClients(env);
    const { text } = await new Keys(dynamodb, env.WHARF_LEDGER_TABLE!).make({
      name: 'bench',
      scopes: ['admin'],
    });
    return await listen(cloud.ws!, `${cloud.api}/v1/retailos/streaming_orders`, text);
  });
  const each = (ms: number): string => `${(ms / (PER_SECOND * SECONDS)).toFixed(1)} ms`;
  const bare = await startBareWs();
  const theirs = await listen(bare.ws, bare.api);
  bare.stop();
  return [
    {
      question: `${CLIENTS} WebSocket clients, ${PER_SECOND} orders/s: posted → heard, median / p99 / worst`,
      result: told(ours),
      target: '250 ms',
    },
    {
      question: '… a bare ws server, the same orders and clients',
      result: `${told(theirs)}; Wharf's p99 ${(ours.p99 / Math.max(theirs.p99, 1)).toFixed(1)} times`,
    },
    {
      question: '… CPU for an order, of the process with the server in it',
      result: `${each(ours.cpuMs)}; bare ${each(theirs.cpuMs)}`,
    },
    {
      question: '… orders heard, of all clients together',
      result: `${ours.orders} of ${ALL}; bare ${theirs.orders}`,
    },
  ];
}

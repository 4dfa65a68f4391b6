/** A demo run and three more days of data, kept up by `wharf start`, as a user has them. */
import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { landFiles } from '../../cli/deliveries.ts';
import { useInstallation } from '../../cli/installation.ts';
import { findRunning } from '../../cli/running.ts';
import type { Delivery } from '../../core/delivery/model.ts';
import { generateText } from '../../core/generate/generate.ts';
import { datasets } from '../../datasets/index.ts';
import { awsClients } from '../../platform/aws.ts';
import { DynamoCatalog } from '../../platform/catalog/dynamodb.ts';
import type { Lake } from '../../platform/query.ts';
import { type Described, describeTable, s3Properties, tablesOf } from './table.ts';

/** Days of other months than the demo's, so that every table has several partitions. */
const days = ['2024-11-20', '2024-12-31', '2025-02-03'];
const ROWS = 400;

function wharf(...args: readonly string[]) {
  const child = spawn(process.execPath, ['--no-warnings', 'bin/wharf.mjs', ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  process.once('exit', () => child.kill());
  return child;
}

const ended = (child: ReturnType<typeof wharf>): Promise<number | null> =>
  new Promise((end) => child.on('close', end));

/** What a referee is asked: tables as Wharf sees them, and the way to their files. */
export interface Job {
  readonly tables: readonly Described[];
  readonly properties: ReturnType<typeof s3Properties>;
}

/** @returns whether all is well */
export type Judge = (job: Job, lake: Lake) => Promise<boolean>;

/** Runs `judge` with a job for each table of the installation. */
export async function withDemo(dir: string, judge: Judge): Promise<boolean> {
  const state = join(dir, 'state');
  if ((await ended(wharf('demo', '--state', state, '--json'))) !== 0) throw new Error('the demo failed');
  const readyFile = join(dir, 'ready.json');
  const cloud = wharf('start', '--state', state, '--ready-file', readyFile);
  const over = ended(cloud);
  try {
    const ready = await until(readyFile, cloud);
    await using installation = await useInstallation(state);
    await landMore(installation, dir);
    const env = findRunning(state)!.env;
    const { dynamodb: client } = awsClients(env);
    const catalog = new DynamoCatalog({ client, tableName: env.WHARF_LEDGER_TABLE! });
    const deliveries = await installation.deliveries();
    const tables = [];
    for (const ought of datasets.flatMap((c) => tablesOf(c, sums(deliveries, c.name))))
      tables.push({ ...(await describeTable(ought, { ...installation, catalog }, dir)), edges: 3 });
    return await judge({ tables, properties: s3Properties(ready.s3, ready) }, installation.lake);
  } finally {
    cloud.kill('SIGTERM');
    await over;
  }
}

async function until(readyFile: string, cloud: ReturnType<typeof wharf>) {
  while (cloud.exitCode === null) {
    const text = await readFile(readyFile, 'utf8').catch(() => undefined);
    if (text)
      return JSON.parse(text) as { s3: string; region: string; accessKeyId: string; secretAccessKey: string };
    await sleep(50);
  }
  throw new Error('`wharf start` ended before it was ready');
}

async function landMore(installation: Parameters<typeof landFiles>[0], dir: string): Promise<void> {
  for (const [i, day] of days.entries()) {
    const landings = datasets.map((c) => ({ dataset: c.name, file: join(dir, `${c.name}-${day}.ndjson`) }));
    for (const [n, { file }] of landings.entries()) {
      const made = generateText(datasets[n]!, {
        rows: ROWS,
        seed: 100 + i,
        defects: 0.05,
        day,
        format: 'ndjson',
      });
      await pipeline(Readable.from(made), createWriteStream(file));
    }
    const landed = await landFiles(installation, landings);
    const bad = landed.find(({ state }) => state !== 'committed');
    if (bad) throw new Error(`${bad.key} is ${bad.state}: ${bad.error ?? JSON.stringify(bad.reasons)}`);
  }
}

const sums = (deliveries: readonly Delivery[], dataset: string) => {
  const sum = (of: 'accepted' | 'quarantined') =>
    deliveries.filter((d) => d.dataset === dataset).reduce((n, d) => n + d[of], 0);
  return { accepted: sum('accepted'), quarantined: sum('quarantined') };
};

/** Approving stops at each of its writes in turn, and is said again: in the end all is as if it had never stopped. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Context } from 'aws-lambda';
import type { Contract } from '../../core/contract/model.ts';
import { generateRows } from '../../core/generate/generate.ts';
import { dataset } from '../../datasets/index.ts';
import { createHandler as createCompact } from '../../lambdas/compact/handler.ts';
import { awsClients } from '../../platform/aws.ts';
import { DynamoCatalog } from '../../platform/catalog/dynamodb.ts';
import { type ApprovalDeps, approve } from '../../platform/drift/approvals.ts';
import { backfill } from '../../platform/drift/backfill.ts';
import { DriftStore } from '../../platform/drift/store.ts';
import { Engine } from '../../platform/engine/duckdb.ts';
import { formatNotice } from '../../platform/ingest/notice.ts';
import { Ledger } from '../../platform/ledger.ts';
import { ObjectStore } from '../../platform/objects.ts';
import { type Between, disturbed } from '../support/requests.ts';
import { books, type TestCloud, testCloud } from './support.ts';

const base = dataset('retailos.products');
const ROWS = 30;
const contracts = new Map<string, Contract>();

let cloud: TestCloud;
let engine: Engine;
let tmp: string;
beforeAll(async () => {
  const numbers = Array.from({ length: 60 }, (_, i) => i);
  const all: Contract[] = numbers.flatMap((i) => [named(`crash_${i}`), named(`tend_${i}`)]);
  for (const contract of all) contracts.set(contract.name, contract);
  cloud = await testCloud({ contracts: all });
  tmp = await mkdtemp(join(tmpdir(), 'wharf-drift-'));
  engine = await Engine.open({ dir: tmp, memoryMb: 300, threads: 1 });
}, 60_000);
afterAll(async () => {
  engine[Symbol.dispose]();
  await cloud[Symbol.asyncDispose]();
  await rm(tmp, { recursive: true, force: true });
});

const named = (name: string): Contract => ({
  ...base,
  name: `drift.${name}`,
  domain: 'drift',
  dataset: name,
});

function csv(seed: number, header: (name: string) => string): string {
  const names = base.fields.map(({ name }) => name);
  const rows = [...generateRows(base, { rows: ROWS, seed })].map(({ values }, row) => [
    ...names.map((name) => (name === 'product_id' ? `P${seed}-${row}` : (values[name] ?? ''))),
    `b${row}@example.com`,
  ]);
  return [[...names.map(header), 'buyer_email'], ...rows].map((cells) => cells.join(',')).join('\n');
}

/** What approving works with, and something in the way of its requests. */
function depsWith(between: Between) {
  const clients = disturbed(awsClients(cloud.env), between);
  const table = cloud.env.WHARF_LEDGER_TABLE;
  const now = () => new Date();
  const objects = new ObjectStore(clients.s3);
  const catalog = new DynamoCatalog({ client: clients.dynamodb, tableName: table });
  const deps: ApprovalDeps = {
    drift: new DriftStore(clients.dynamodb, table),
    ledger: new Ledger(clients.dynamodb, table),
    ...{ objects, catalog },
    base: (name) => contracts.get(name),
    now,
    backfill: (contract, changes) =>
      backfill(contract, changes, {
        ...{ catalog, objects, tmp, now, lakeBucket: cloud.env.WHARF_LAKE_BUCKET! },
        engine: async () => engine,
      }),
    tell: async (entry) => {
      const message = { QueueUrl: cloud.landedQueue, MessageBody: formatNotice(entry) };
      await clients.sqs.send(new SendMessageCommand(message));
    },
  };
  const close = () => {
    for (const client of Object.values(clients)) client.destroy();
  };
  return { deps, close };
}

class Stopped extends Error {}

type Fault = 'before' | 'after';

/** Notes writes, and stops at one of them: before it is made, or after. */
function stopping(fault: Fault, at: number) {
  const writes: string[] = [];
  const between: Between = async (send, { name, writes: isWrite }) => {
    if (!isWrite || writes.push(name) - 1 !== at) return send();
    if (fault === 'after') await send();
    throw new Stopped();
  };
  return { writes, between };
}

/** What a reader finds in the end, and what `wharf fsck` does. */
const seen = async (name: string) => ({
  rows: await cloud.rows(
    `SELECT count(*) AS n, count(DISTINCT product_id) AS ids, count(buyer_email) AS emails FROM drift.${name}`,
  ),
  wrong: (await cloud.audit(named(name))).filter(({ severity }) => severity === 'error'),
});

interface Played {
  readonly found: object;
  readonly writes: readonly string[];
  readonly stopped: boolean;
}

/** Plays once for each write of the undisturbed run and each fault at it. */
async function same(
  play: (name: string, fault: Fault, at: number) => Promise<Played>,
  name: string,
  undisturbed: Played,
): Promise<void> {
  let made = 0;
  for (const [at, command] of undisturbed.writes.entries())
    for (const fault of ['before', 'after'] as const) {
      const { found, stopped } = await play(`${name}_${++made}`, fault, at);
      expect({ at, command, fault, stopped, ...found }).toEqual({
        ...{ at, command, fault },
        // Deleting what is overtaken may fail: it is bytes that nothing refers to.
        stopped: expect.any(Boolean),
        ...undisturbed.found,
      });
    }
}

/** One dataset with rows that wait for a column and a file that waits for a name; approved, stopped at one write. */
async function play(name: string, fault: Fault, at = -1) {
  const dataset = `drift.${name}`;
  const { writes, between } = stopping(fault, at);
  await cloud.land(
    dataset,
    'a.csv',
    csv(1, (column) => column),
  );
  const held = await cloud.land(
    dataset,
    'b.csv',
    csv(2, (column) => (column === 'product_id' ? 'Product No' : column)),
  );
  const say = async (between: Between) => {
    const { deps, close } = depsWith(between);
    const waiting = await Array.fromAsync(deps.drift.approvals(dataset));
    const { approval } = waiting.find(({ deliveries }) => deliveries.includes(held.delivery))!;
    return approve(approval, { by: 'ada', why: 'test' }, deps).finally(close);
  };
  const stopped = await say(between).then(
    () => false,
    (error: unknown) => {
      if (error instanceof Stopped) return true;
      throw error;
    },
  );
  await cloud.idle();
  await say((send) => send());
  await cloud.idle();
  const { deps, close } = depsWith((send) => send());
  const versions = await deps.drift.versions(dataset);
  close();
  const found = {
    held: books((await cloud.ledger.get(held.delivery))!),
    versions: versions.length,
    ...(await seen(name)),
  };
  return { found, writes, stopped };
}

describe('approving', () => {
  it('ends the same whichever write it stops at, once it is said again', async () => {
    const undisturbed = await play('crash_0', 'before');
    expect(undisturbed.found).toMatchObject({
      held: { state: 'committed', read: ROWS, accepted: ROWS, balanced: true },
      versions: 1,
      rows: [{ n: '60', ids: '60', emails: '60' }],
      wrong: [],
    });
    expect(new Set(undisturbed.writes)).toEqual(
      new Set(['PutItem', 'UpdateItem', 'SendMessage', 'PutObject']),
    );
    await same(play, 'crash', undisturbed);
  }, 240_000);
});

/** One dataset with a column that somebody approved elsewhere; the function of the clock is stopped at one write, and called again. */
async function tend(name: string, fault: Fault, at = -1) {
  const dataset = `drift.${name}`;
  const { writes, between } = stopping(fault, at);
  await cloud.land(
    dataset,
    'a.csv',
    csv(1, (column) => column),
  );
  const { deps, close } = depsWith((send) => send());
  const [asked] = await Array.fromAsync(deps.drift.approvals(dataset));
  await approve(asked!.approval, { by: 'ada', why: 'test' }, { ...deps, backfill: undefined });
  const call = async (between: Between) => {
    const clients = disturbed(awsClients(cloud.env), between);
    const env = cloud.cloud.env('lambdas/compact/handler.ts');
    const handler = createCompact(env, { find: (one) => contracts.get(one), clients });
    const context = { getRemainingTimeInMillis: () => 600_000 } as Context;
    await handler({ dataset }, context).finally(() => {
      for (const client of Object.values(clients)) client.destroy();
    });
  };
  const stopped = await call(between).then(
    () => false,
    () => true,
  );
  await call((send) => send());
  const { backfilled } = (await deps.drift.approval(asked!.approval))!;
  close();
  return { writes, stopped, found: { ...(await seen(name)), backfilled: backfilled !== undefined } };
}

describe('the function of the clock', () => {
  it('gives earlier rows their values whichever write it stops at, once it is called again', async () => {
    const undisturbed = await tend('tend_0', 'before');
    expect(undisturbed.found).toEqual({
      ...{ rows: [{ n: '30', ids: '30', emails: '30' }], wrong: [], backfilled: true },
    });
    await same(tend, 'tend', undisturbed);
  }, 240_000);
});

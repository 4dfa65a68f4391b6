/** Drift through the whole pipeline: found, waited for, approved, taken back. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Contract } from '../../core/contract/model.ts';
import { type Approval, awaitsBackfill } from '../../core/drift/approval.ts';
import { generateRows } from '../../core/generate/generate.ts';
import { dataset } from '../../datasets/index.ts';
import { awsClients, type Clients } from '../../platform/aws.ts';
import { type ApprovalDeps, approve, reject, undo } from '../../platform/drift/approvals.ts';
import { backfill, backfillApproved } from '../../platform/drift/backfill.ts';
import { DriftStore } from '../../platform/drift/store.ts';
import { Engine } from '../../platform/engine/duckdb.ts';
import { formatNotice } from '../../platform/ingest/notice.ts';
import { books, type TestCloud, testCloud } from './support.ts';

const base = dataset('retailos.products');
const named = (name: string): Contract => ({
  ...base,
  name: `drift.${name}`,
  domain: 'drift',
  dataset: name,
});
const contracts = [
  'added',
  'renamed',
  'rejected',
  'garbage',
  'personal',
  'later',
  'raced',
  'returned',
  'order',
].map(named);

let cloud: TestCloud;
let engine: Engine;
let tmp: string;
let clients: Clients;
let deps: ApprovalDeps;
let drift: DriftStore;
beforeAll(async () => {
  cloud = await testCloud({ contracts });
  tmp = await mkdtemp(join(tmpdir(), 'wharf-drift-'));
  engine = await Engine.open({ dir: tmp, memoryMb: 300, threads: 1 });
  clients = awsClients(cloud.env);
  drift = new DriftStore(clients.dynamodb, cloud.env.WHARF_LEDGER_TABLE);
  const now = () => new Date();
  deps = {
    ...{ drift, ledger: cloud.ledger, objects: cloud.objects, catalog: cloud.catalog },
    base: (name) => contracts.find((c) => c.name === name),
    now,
    backfill: (contract, changes) =>
      backfill(contract, changes, {
        ...{ ...cloud, lakeBucket: cloud.env.WHARF_LAKE_BUCKET!, tmp, now },
        engine: async () => engine,
      }),
    tell: async (entry) => {
      const message = { QueueUrl: cloud.landedQueue, MessageBody: formatNotice(entry) };
      await cloud.sqs.send(new SendMessageCommand(message));
    },
  };
}, 60_000);
afterAll(async () => {
  engine[Symbol.dispose]();
  for (const client of Object.values(clients)) client.destroy();
  await cloud[Symbol.asyncDispose]();
  await rm(tmp, { recursive: true, force: true });
});

const word = { by: 'ada', why: 'the till was updated' };

/** Lines of products, told apart by their seed; `change` makes others of the header and of each line. */
function csv(seed: number, change: (cells: string[], row: number) => string[] = (cells) => cells): string {
  const names = base.fields.map(({ name }) => name);
  const rows = [...generateRows(base, { rows: 60, seed })].map(({ values }, row) =>
    names.map((name) => (name === 'product_id' ? `P${seed}-${row}` : (values[name] ?? ''))),
  );
  return [names, ...rows].map((cells, row) => change([...cells], row).join(',')).join('\n');
}
const withColumn = (name: string, value: (row: number) => string) => (cells: string[], row: number) => [
  ...cells,
  row === 0 ? name : value(row),
];
const withName = (was: string, is: string) => (cells: string[], row: number) =>
  row === 0 ? cells.map((cell) => (cell === was ? is : cell)) : cells;

const queue = (name: string) => Array.fromAsync(drift.approvals(`drift.${name}`));
const fine = { read: 60, accepted: 60, quarantined: 0, duplicate: 0, balanced: true, state: 'committed' };
const sound = async (name: string) => expect(await cloud.audit(named(name))).toEqual([]);

describe('a new column', () => {
  it('that is sure approves itself and is in the table at once', async () => {
    await cloud.land('drift.added', 'a.csv', csv(1));
    const delivery = await cloud.land(
      'drift.added',
      'b.csv',
      csv(
        2,
        withColumn('weight_kg', (row) => `${row / 4}`),
      ),
    );
    expect(books(delivery)).toMatchObject(fine);
    const [found] = await queue('added');
    expect(found).toMatchObject({ state: 'approved', by: 'wharf', deliveries: [delivery.delivery] });
    expect(found!.findings[0]).toMatchObject({ kind: 'new', column: 'weight_kg' });
    expect(
      await cloud.rows('SELECT count(*) AS n, count(weight_kg) AS w, max(weight_kg) AS m FROM drift.added'),
    ).toEqual([{ n: '120', w: '60', m: '15.0000' }]);
  });

  it('that a rollback took away is back with the next file that has it', async () => {
    const heavy = (seed: number) =>
      csv(
        seed,
        withColumn('weight_kg', (row) => `${row / 4}`),
      );
    const first = (await cloud.deliveries('drift.added')).find(({ key }) => key.endsWith('/a.csv'));
    await cloud.revise('drift.added', { what: 'rollback', to: first!.snapshot! });
    expect((await cloud.rows('SELECT * FROM drift.added LIMIT 1'))[0]).not.toHaveProperty('weight_kg');
    expect(books(await cloud.land('drift.added', 'c.csv', heavy(19)))).toMatchObject(fine);
    expect(await cloud.rows('SELECT count(*) AS n, count(weight_kg) AS w FROM drift.added')).toEqual([
      { n: '120', w: '60' },
    ]);
    await sound('added');
  });

  it('about a person waits, its values kept, and goes into the rows that had it once approved', async () => {
    const email = withColumn('buyer_email', (row) => `b${row}@example.com`);
    const delivery = await cloud.land('drift.personal', 'a.csv', csv(3, email));
    await cloud.land('drift.personal', 'b.csv', csv(4));
    expect(books(delivery)).toMatchObject(fine);
    const [asked] = await queue('personal');
    expect(asked).toMatchObject({ state: 'pending', verdict: 'ask' });
    expect(JSON.stringify(asked)).not.toContain('@example');
    const settled = await approve(asked!.approval, word, deps);
    expect(settled).toMatchObject({ state: 'approved', version: 1, backfilled: { files: 1, rows: 60 } });
    const filled = `SELECT count(*) AS n, count(buyer_email) AS e, count(DISTINCT _delivery) AS d, max(_row) AS r FROM drift.personal`;
    expect(await cloud.rows(filled)).toEqual([{ n: '120', e: '60', d: '2', r: '60' }]);
    await sound('personal');
    // Said again, nothing is left to do.
    expect((await approve(asked!.approval, word, deps)).backfilled).toEqual({ files: 0, rows: 0 });
    // The delivery can still be replaced as any other.
    await cloud.land('drift.personal', 'a.csv', csv(5, email));
    expect(await cloud.rows(filled)).toEqual([{ n: '120', e: '60', d: '2', r: '60' }]);
    await sound('personal');
  });
});

describe('an approval without an engine', () => {
  const email = withColumn('buyer_email', (row) => `b${row}@example.com`);
  const fill = (name: string) =>
    backfillApproved(named(name), {
      ...{ ...cloud, drift, tmp, lakeBucket: cloud.env.WHARF_LAKE_BUCKET!, now: () => new Date() },
      engine: async () => engine,
    });

  it('leaves earlier rows to the next compaction', async () => {
    await cloud.land('drift.later', 'a.csv', csv(18, email));
    const [asked] = await queue('later');
    await approve(asked!.approval, word, { ...deps, backfill: undefined });
    expect(await fill('later')).toEqual({ files: 1, rows: 60 });
    expect(await fill('later')).toEqual({ files: 0, rows: 0 });
    expect(await cloud.rows('SELECT count(buyer_email) AS n FROM drift.later')).toEqual([{ n: '60' }]);
    await sound('later');
  });

  it('that comes again while earlier rows are rewritten leaves to the next what landed in between', async () => {
    const email = withColumn('buyer_email', (row) => `b${row}@example.com`);
    await cloud.land('drift.raced', 'a.csv', csv(20, email));
    const [asked] = await queue('raced');
    const approving = () => approve(asked!.approval, word, { ...deps, backfill: undefined });
    await approving();
    let landed = false;
    const all = {
      ...{ ...cloud, drift, tmp, lakeBucket: cloud.env.WHARF_LAKE_BUCKET!, now: () => new Date() },
      engine: async () => {
        if (!landed) {
          landed = true;
          await undo(asked!.approval, word, deps);
          await cloud.land('drift.raced', 'b.csv', csv(21, email));
          await approving();
        }
        return engine;
      },
    };
    expect(await backfillApproved(named('raced'), all)).toEqual({ files: 1, rows: 60 });
    expect(await backfillApproved(named('raced'), all)).toEqual({ files: 1, rows: 60 });
    expect(await cloud.rows('SELECT count(buyer_email) AS n FROM drift.raced')).toEqual([{ n: '120' }]);
    await sound('raced');
  });

  it('is looked after for five hours, for files that were under way, and then no more', () => {
    const at = (minutes: number) => new Date(Date.UTC(2026, 0, 1, 0, minutes)).toISOString();
    const approved = { state: 'approved', decided_at: at(60) } as Approval;
    const awaits = (more: Partial<Approval>) => awaitsBackfill({ ...approved, ...more });
    expect(awaits({})).toBe(true);
    expect([59, 61, 359, 360].map((minutes) => awaits({ backfilled: at(minutes) }))).toEqual([
      ...[true, true, true, false],
    ]);
    // What an undo brings back meanwhile is looked after whenever that is.
    expect(awaits({ backfilled: at(400), unfilled: at(401) })).toBe(true);
    expect(awaits({ backfilled: at(402), unfilled: at(401) })).toBe(false);
    expect(awaits({ state: 'undone' })).toBe(false);
  });

  it('leaves to it what an undo brings back later, too', async () => {
    await cloud.land('drift.returned', 'a.csv', csv(20, email));
    const newer = await cloud.land('drift.returned', 'a.csv', csv(21));
    const [asked] = await queue('returned');
    await approve(asked!.approval, word, deps);
    await cloud.revise('drift.returned', { what: 'undo', deliveries: [newer.delivery] });
    expect(await fill('returned')).toEqual({ files: 1, rows: 60 });
    expect(await cloud.rows('SELECT count(buyer_email) AS n FROM drift.returned')).toEqual([{ n: '60' }]);
    await sound('returned');
  });
});

describe('a required column under another name', () => {
  it('holds the delivery, with nothing written, until it is approved; then it lands', async () => {
    await cloud.land('drift.renamed', 'a.csv', csv(6));
    const renamed = csv(7, withName('product_id', 'Product No'));
    const held = await cloud.land('drift.renamed', 'b.csv', renamed);
    expect(books(held)).toMatchObject({ state: 'held', read: 0, balanced: true });
    const again = await cloud.land('drift.renamed', 'c.csv', csv(8, withName('product_id', 'Product No')));
    const [asked, ...others] = await queue('renamed');
    expect(others).toEqual([]);
    expect(asked!.deliveries).toEqual([held.delivery, again.delivery].sort());
    const { released } = await approve(asked!.approval, word, deps);
    await cloud.idle();
    expect([...released].sort()).toEqual(asked!.deliveries);
    const after = await cloud.ledger.getAll(released);
    expect(after.map(books)).toEqual([fine, fine].map((one) => expect.objectContaining(one)));
    expect(await cloud.rows('SELECT count(DISTINCT product_id) AS n FROM drift.renamed')).toEqual([
      { n: '180' },
    ]);
    await sound('renamed');
    // From now on both names are known.
    expect(
      books(await cloud.land('drift.renamed', 'd.csv', csv(9, withName('product_id', 'product no')))),
    ).toMatchObject(fine);
  });

  it('waits again when the approval is taken back', async () => {
    const [approved] = await queue('renamed');
    expect(await undo(approved!.approval, word, deps)).toMatchObject({ state: 'undone', version: 2 });
    const held = await cloud.land('drift.renamed', 'e.csv', csv(10, withName('product_id', 'Product No')));
    expect(held.state).toBe('held');
    expect((await queue('renamed'))[0]).toMatchObject({ state: 'pending', verdict: 'ask' });
    await approve(approved!.approval, word, deps);
    await cloud.idle();
    expect(books((await cloud.ledger.get(held.delivery))!)).toMatchObject(fine);
    await sound('renamed');
  });

  it('is refused whole when it is rejected, waits again when that is taken back, and lands at last', async () => {
    await cloud.land('drift.rejected', 'a.csv', csv(11));
    const body = csv(12, withName('product_id', 'Product No'));
    const held = await cloud.land('drift.rejected', 'b.csv', body);
    const [asked] = await queue('rejected');
    expect(held.state).toBe('held');
    await reject(asked!.approval, { ...word, outcome: 'refuse' }, deps);
    const state = async () => books((await cloud.ledger.get(held.delivery))!);
    expect(await state()).toMatchObject({
      state: 'refused',
      reasons: { [`schema_drift:${asked!.approval}`]: 1 },
    });
    // The next one that comes so fares the same.
    expect(
      await cloud.land('drift.rejected', 'c.csv', csv(13, withName('product_id', 'Product No'))),
    ).toMatchObject({ state: 'refused' });
    await undo(asked!.approval, word, deps);
    expect(await state()).toMatchObject({ state: 'held', reasons: {} });
    await reject(asked!.approval, { ...word, outcome: 'land' }, deps);
    await cloud.idle();
    expect(await state()).toMatchObject({ state: 'refused', read: 60, quarantined: 60, balanced: true });
    await sound('rejected');
  });
});

describe('a delivery that waits', () => {
  it('is closed where other content stands under its key by the time of the approval', async () => {
    const renamed = withName('product_id', 'Product No');
    const held = await cloud.land('drift.order', 'a.csv', csv(16, renamed));
    const later = await cloud.land('drift.order', 'a.csv', csv(17));
    expect([held.state, later.state]).toEqual(['held', 'committed']);
    const [asked] = await queue('order');
    await approve(asked!.approval, word, deps);
    await cloud.idle();
    const closed = await cloud.ledger.get(held.delivery);
    expect(closed).toMatchObject({ state: 'refused', reasons: { object_missing: 1 } });
    expect(await cloud.rows('SELECT count(*) AS n FROM drift.order')).toEqual([{ n: '60' }]);
    await sound('order');
  });
});

describe('a file that is another', () => {
  it('is refused whole, and nothing of it is written', async () => {
    await cloud.land('drift.garbage', 'a.csv', csv(14));
    const garbage = csv(15, (cells, row) => [
      ...cells,
      ...Array.from({ length: 7 }, (_, i) => (row === 0 ? `Unnamed: ${i + 9}` : i % 2 ? '' : '?')),
    ]);
    const delivery = await cloud.land('drift.garbage', 'b.csv', garbage);
    const [asked] = await queue('garbage');
    expect(asked).toMatchObject({ verdict: 'quarantine', state: 'pending' });
    expect(books(delivery)).toMatchObject({
      state: 'refused',
      read: 0,
      reasons: { [`schema_drift:${asked!.approval}`]: 1 },
    });
    await sound('garbage');
  });
});

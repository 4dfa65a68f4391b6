/** A batch of deliveries: one snapshot, few requests, and the same end however often it is interrupted. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { contract } from '../../../core/contract/contract.ts';
import { id } from '../../../core/contract/fields.ts';
import type { Contract } from '../../../core/contract/model.ts';
import { type Delivery, emptyBooks } from '../../../core/delivery/model.ts';
import { liveFiles } from '../../../core/lake/scan.ts';
import { fieldIds, tableColumns } from '../../../core/lake/schema.ts';
import { commitChange, loadTable } from '../../../core/lake/table.ts';
import { awsClients, type Clients } from '../../../platform/aws.ts';
import { DynamoCatalog } from '../../../platform/catalog/dynamodb.ts';
import { commitDeliveries } from '../../../platform/commit/commit.ts';
import { Tables } from '../../../platform/commit/tables.ts';
import { currentSchema } from '../../../platform/ingest/schemas.ts';
import { Ledger } from '../../../platform/ledger.ts';
import { ObjectStore } from '../../../platform/objects.ts';
import { type TestCloud, testCloud } from '../../pipeline/support.ts';
import { disturbed } from '../../support/requests.ts';

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await testCloud();
}, 60_000);
afterAll(() => cloud[Symbol.asyncDispose]());

/** A delivery: what it is called, the key it landed under, and its content. */
type Arrival = readonly [delivery: string, key: string, content: string];

let datasets = 0;

/** A dataset nobody used before, with deliveries that are written and wait for their commit. */
async function written(arrivals: readonly Arrival[], onOverwrite: Contract['onOverwrite'] = 'replace') {
  const dataset = contract(`batch.d${datasets++}`, {
    describe: 'x',
    row: z.object({ code: id() }),
    onOverwrite,
  });
  const ids = fieldIds(currentSchema(undefined, tableColumns(dataset)));
  for (const [i, [name, key, content]] of arrivals.entries()) {
    const delivery = `${name}-${dataset.dataset}`;
    const books = { read: 1, accepted: 1, quarantined: 0, duplicate: 0, reasons: {} };
    const manifest = `s3://${cloud.env.WHARF_LAKE_BUCKET}/deliveries/${delivery}.manifest.json`;
    const data = [
      {
        path: `s3://${cloud.env.WHARF_LAKE_BUCKET}/lake/${delivery}_0.parquet`,
        records: 1,
        bytes: 9,
        partition: {},
        columns: {},
      },
    ];
    const common = { ...books, delivery, dataset: dataset.name, sha256: content };
    const document = { ...common, data, quarantine: [], fieldIds: ids, refused: false };
    await cloud.objects.write(manifest, new TextEncoder().encode(JSON.stringify(document)));
    const times = { landed_at: '2026-01-01T00:00:00.000Z', started_at: '2026-01-01T00:00:01.000Z' };
    await cloud.ledger.open({
      ...{ ...common, ...times, manifest, bucket: 'landing', key: `${dataset.name}/${key}` },
      ...{ etag: 'e', order: String(i).padStart(4, '0'), bytes: 9, files: 1 },
      ...{ state: 'written', engine: 'duckdb' },
    });
  }
  return dataset;
}

/** Clients that count requests, and fail after the nth that writes: it happened, but nobody hears of it. */
const counting = (
  counter: { calls: number; writes: number },
  failAfter = Number.POSITIVE_INFINITY,
): Clients =>
  disturbed(awsClients(cloud.env), async (send, { writes }) => {
    counter.calls++;
    const result = await send();
    if (writes && ++counter.writes === failAfter) throw new Error('crashed');
    return result;
  });

type Dataset = Awaited<ReturnType<typeof written>>;

/** What commits deliveries by their names, as one process of the function does. */
function committer(clients: Clients, retentionDays = 7) {
  const tableName = cloud.env.WHARF_LEDGER_TABLE!;
  const objects = new ObjectStore(clients.s3);
  const now = () => new Date();
  const catalog = new DynamoCatalog({ client: clients.dynamodb, tableName });
  const lakeBucket = cloud.env.WHARF_LAKE_BUCKET!;
  const ledger = new Ledger(clients.dynamodb, tableName);
  const tables = new Tables({ catalog, objects, lakeBucket, retentionDays, now });
  return (dataset: Dataset, names: readonly string[]): Promise<void> =>
    commitDeliveries(
      dataset.name,
      names.map((name) => `${name}-${dataset.dataset}`),
      { contract: () => dataset, objects, now, ledger, tables },
    );
}

const undisturbed = () => committer(counting({ calls: 0, writes: 0 }));

/** Another program puts rows of a delivery into a file of its own. */
async function compacted(dataset: Dataset, name: string): Promise<void> {
  const id = `${name}-${dataset.dataset}`;
  const location = `s3://${cloud.env.WHARF_LAKE_BUCKET}/lake/${dataset.domain}/${dataset.dataset}`;
  const path = `${location}/data/00000-0_1.parquet`;
  const columns = { _delivery: { nulls: 0, min: id, max: id } };
  await commitChange(
    {
      ...{ location, columns: tableColumns(dataset), partitionBy: [], remove: [], now: Date.now() },
      ...{ append: [{ path, records: 1, bytes: 9, partition: {}, columns }], deliveries: ['00000-0'] },
    },
    { ...cloud, files: cloud.objects, table: dataset.name, nonce: () => randomBytes(16).toString('hex') },
  );
}

/** What readers and the ledger see; the dataset's own name taken out, so that two can be compared. */
async function seen({ name, dataset }: Dataset, names: readonly string[]) {
  const base = await loadTable(cloud.catalog, cloud.objects, name);
  const short = (delivery: string | undefined) => delivery?.replace(`-${dataset}`, '');
  const entries = await cloud.ledger.getAll(names.map((one) => `${one}-${dataset}`));
  return {
    snapshots: base?.metadata.snapshots.length ?? 0,
    live: base
      ? (await liveFiles(base.metadata, cloud.objects)).map((f) => short(f.delivery)).toSorted()
      : [],
    entries: entries.map(({ delivery, state, superseded_by, duplicate_of }: Delivery) => [
      short(delivery),
      state,
      short(superseded_by ?? duplicate_of),
    ]),
  };
}

/** New content for a key within the batch, the same content under two keys, and one that is alone. */
const mixed: readonly Arrival[] = [
  ['old', 'a.csv', 'x'],
  ['first', 'b.csv', 'y'],
  ['new', 'a.csv', 'z'],
  ['again', 'c.csv', 'y'],
  ['alone', 'd.csv', 'v'],
];
const names = mixed.map(([name]) => name);
const outcome = {
  snapshots: 1,
  live: ['alone', 'first', 'new'],
  entries: [
    ['old', 'committed', 'new'],
    ['first', 'committed', undefined],
    ['new', 'committed', undefined],
    ['again', 'duplicate', 'first'],
    ['alone', 'committed', undefined],
  ],
};

describe('a batch of deliveries', () => {
  it('becomes one snapshot with less than five requests a delivery', async () => {
    const twenty = Array.from({ length: 20 }, (_, i): Arrival => [`n${i}`, `${i}.csv`, `content ${i}`]);
    const dataset = await written(twenty);
    const counter = { calls: 0, writes: 0 };
    const commit = committer(counting(counter));
    const all = twenty.map(([name]) => name);
    await commit(dataset, all.slice(0, 10));
    const { calls } = counter;
    expect(calls).toBeLessThan(50);
    await commit(dataset, all.slice(10));
    expect(counter.calls - calls).toBeLessThan(50);
    expect(await seen(dataset, all)).toMatchObject({ snapshots: 2, live: all.toSorted() });
  });

  it('shows only the newest content of a key, and each content once', async () => {
    const dataset = await written(mixed);
    await undisturbed()(dataset, names);
    expect(await seen(dataset, names)).toEqual(outcome);
  });

  it('takes no delivery for a duplicate of one that was turned away', async () => {
    const arrivals: Arrival[] = [
      ['there', 'a.csv', 'x'],
      ['turnedAway', 'a.csv', 'y'],
      ['welcome', 'b.csv', 'y'],
    ];
    const dataset = await written(arrivals, 'reject');
    const commit = undisturbed();
    await commit(dataset, ['there']);
    await commit(dataset, ['turnedAway', 'welcome']);
    expect(await seen(dataset, ['turnedAway', 'welcome'])).toEqual({
      snapshots: 2,
      live: ['there', 'welcome'],
      entries: [
        ['turnedAway', 'refused', undefined],
        ['welcome', 'committed', undefined],
      ],
    });
  });

  it('that is asked for again changes nothing', async () => {
    const dataset = await written(mixed);
    for (let i = 0; i < 2; i++) await undisturbed()(dataset, [...names, ...names]);
    expect(await seen(dataset, names)).toEqual(outcome);
  });

  it('ends the same after a crash at any of its writes', async () => {
    const counter = { calls: 0, writes: 0 };
    await committer(counting(counter))(await written(mixed), names);
    expect(counter.writes).toBeGreaterThan(10);
    for (let after = 1; after <= counter.writes; after++) {
      const dataset = await written(mixed);
      const crashing = committer(counting({ calls: 0, writes: 0 }, after));
      await expect(crashing(dataset, names)).rejects.toThrow('crashed');
      await undisturbed()(dataset, names);
      expect({ after, ...(await seen(dataset, names)) }).toEqual({ after, ...outcome });
    }
  }, 60_000);
});

describe('new content for rows that another program has moved', () => {
  it('fails with what to do about it, and holds up nothing else', async () => {
    const dataset = await written([
      ['moved', 'a.csv', 'x'],
      ['newer', 'a.csv', 'y'],
      ['newest', 'a.csv', 'z'],
      ['other', 'b.csv', 'v'],
    ]);
    await undisturbed()(dataset, ['moved']);
    await compacted(dataset, 'moved');
    await undisturbed()(dataset, ['newer', 'newest', 'other']);
    expect(await seen(dataset, ['moved', 'newer', 'newest', 'other'])).toMatchObject({
      live: ['00000-0', 'moved', 'other'],
      entries: [
        ['moved', 'committed', undefined],
        ['newer', 'failed', undefined],
        ['newest', 'failed', undefined],
        ['other', 'committed', undefined],
      ],
    });
    const failed = await cloud.ledger.get(`newest-${dataset.dataset}`);
    expect(failed).toMatchObject({ ...emptyBooks, error: expect.stringContaining('Roll the table back') });
    expect(await cloud.ledger.holder(dataset.name, 'z')).toBeUndefined();
  });
});

describe('a table that many processes commit to', () => {
  it('loses its old snapshots, however few of them each process makes', async () => {
    const many = Array.from({ length: 22 }, (_, i): Arrival => [`n${i}`, `${i}.csv`, `content ${i}`]);
    const dataset = await written(many);
    for (const [name] of many) await committer(counting({ calls: 0, writes: 0 }), 0)(dataset, [name]);
    const all = many.map(([name]) => name);
    expect(await seen(dataset, all)).toMatchObject({ snapshots: 12, live: all.toSorted() });
  });
});

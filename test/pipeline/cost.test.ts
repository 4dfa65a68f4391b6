/** What `wharf cost` says of requests, against those that the handlers really send. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { defaults, requestsOf } from '../../core/cost/usage.ts';
import { generateText } from '../../core/generate/generate.ts';
import { loadTable } from '../../core/lake/table.ts';
import { dataset } from '../../datasets/index.ts';
import { Meter } from '../../local/meter.ts';
import { type TestCloud, testCloud } from './support.ts';

const contract = dataset('retailos.transactions');
const meter = new Meter();
let cloud: TestCloud;
beforeAll(async () => {
  cloud = await testCloud({ clients: (clients) => meter.watch(clients) });
}, 60_000);
afterAll(() => cloud[Symbol.asyncDispose]());

let files = 0;
const ROWS = 100;

/** Puts a file of which some rows are refused. */
const put = (): Promise<void> => {
  const text = generateText(contract, { rows: ROWS, seed: ++files, defects: 0.1, format: 'csv' });
  return cloud.put(`landing/retailos/transactions/${files}.csv`, [...text].join(''));
};

const commits = async (): Promise<number> =>
  (await loadTable(cloud.catalog, cloud.objects, contract.name))?.metadata['last-sequence-number'] ?? 0;

/** What so many deliveries took, counted, and what the model says of as many in as many commits. */
async function against(deliveries: number, land: () => Promise<void>) {
  const before = await commits();
  meter.reset();
  await land();
  const sent = (...names: string[]) => names.reduce((sum, name) => sum + (meter.requests.get(name) ?? 0), 0);
  const model = requestsOf({
    ...{ ...defaults, deliveries, rows: deliveries * ROWS },
    batch: deliveries / ((await commits()) - before),
  });
  return {
    writes: [sent('S3 PutObject', 'S3 ListObjectsV2', 'S3 UploadPart'), model.s3Write],
    reads: [sent('S3 GetObject', 'S3 HeadObject'), model.s3Read],
    sends: [sent('SQS SendMessageBatch'), model.send],
    // Here the catalog stands in the ledger's table, whose local double leaves the index out of its units.
    units: [meter.units.write, model.dynamodbWrite + model.catalogSwap],
    looks: [meter.units.read, model.dynamodbRead + model.catalogRead],
  } satisfies Record<string, [number, number]>;
}

const ratio = ([counted, model]: readonly number[]): number => model! / counted!;

describe.each([
  [
    'one by one',
    12,
    async () => {
      for (let i = 0; i < 12; i++) {
        await put();
        await cloud.idle();
      }
    },
  ],
  [
    'together',
    40,
    async () => {
      for (let i = 0; i < 40; i++) await put();
      await cloud.idle();
    },
  ],
] as const)('the model of deliveries that come %s', (_, deliveries, land) => {
  let found: Awaited<ReturnType<typeof against>>;
  beforeAll(async () => {
    found = await against(deliveries, land);
  }, 120_000);

  it('is within a twentieth of the writes to S3, the dearest requests', () => {
    expect(Math.abs(ratio(found.writes) - 1)).toBeLessThan(0.05);
  });

  it('is at most four times what is read and sent, and never less: a cold function remembers nothing', () => {
    for (const kind of ['reads', 'sends', 'looks'] as const) {
      expect({ kind, enough: ratio(found[kind]) >= 1 }).toEqual({ kind, enough: true });
      expect({ kind, few: ratio(found[kind]) <= 4 }).toEqual({ kind, few: true });
    }
  });

  it('is at most twice the units that the ledger takes, without its index', () => {
    expect(ratio(found.units)).toBeGreaterThanOrEqual(1);
    expect(ratio(found.units)).toBeLessThan(2);
  });
});

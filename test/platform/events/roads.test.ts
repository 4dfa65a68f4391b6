/** The road of events and the road of files are one contract: the same lines end in the same rows, reasons and partitions. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import * as z from 'zod';
import { contract } from '../../../core/contract/contract.ts';
import { date, id, instant, int, text } from '../../../core/contract/fields.ts';
import type { Contract, DuplicatePolicy, Partition } from '../../../core/contract/model.ts';
import { bucket, day, identity, month, truncate, year } from '../../../core/contract/partition.ts';
import { quote } from '../../../core/contract/text.ts';
import { generateText } from '../../../core/generate/generate.ts';
import { manifestFile } from '../../../core/lake/manifest-file.ts';
import type { DataFile } from '../../../core/lake/model.ts';
import { evolveSpec } from '../../../core/lake/partition.ts';
import { evolveSchema, newSchema, quarantineColumns } from '../../../core/lake/schema.ts';
import { datasets } from '../../../datasets/index.ts';
import type { Row } from '../../../platform/engine/duckdb.ts';
import { produceBatch } from '../../../platform/events/produce.ts';
import type { Schemas } from '../../../platform/ingest/schemas.ts';
import { everything, rowOf } from '../../core/contract/drawn.ts';
import { take, withEngine } from '../engine/support.ts';

const schemas = {
  of: async (of: Contract) => ({
    data: newSchema(of),
    quarantine: evolveSchema(undefined, quarantineColumns, 0).schema,
  }),
} as unknown as Schemas;

/** `_rescued` is JSON, whose names have no order; nor have the reasons for a row. */
const comparable = (rows: readonly Row[]) =>
  rows.map(({ _delivery, arrived_at, _rescued = null, reasons, received, ...row }) => ({
    ...row,
    rescued: _rescued === null ? null : JSON.parse(String(_rescued)),
    reasons: (reasons as string[] | undefined)?.map((why, i) => [why, (received as unknown[])[i]]).sort(),
  }));

/** What a manifest says of the files of each partition, where both writers have a say. */
function listed(files: readonly DataFile[], of: Contract) {
  const schema = newSchema(of);
  const { spec } = evolveSpec([], of.partitionBy, schema, 0);
  return files
    .map((file) => {
      const { partition, record_count, value_counts, null_value_counts, lower_bounds, upper_bounds } =
        manifestFile(file, spec, schema);
      const bounds = [lower_bounds, upper_bounds].map((all) => all!.filter(({ key }) => !unlike(of, key)));
      return JSON.stringify(
        {
          partition,
          record_count,
          bounds,
          nulls: null_value_counts!.filter(({ key }) => !unlike(of, key)),
          counts: value_counts!.length,
        },
        (_, v) => (typeof v === 'bigint' ? String(v) : v),
      );
    })
    .sort();
}
/** The delivery's id and what is rescued differ in their bytes. */
const unlike = (of: Contract, id: number): boolean =>
  ['_delivery', '_rescued'].includes(newSchema(of).fields.find((field) => field.id === id)!.name);

async function byFile(of: Contract, lines: readonly string[]) {
  const { judged, files, accepted, refused } = await take(of, `${lines.join('\n')}\n`, { name: 'a.ndjson' });
  return {
    books: judged,
    listed: listed(files, of),
    accepted: comparable(accepted),
    refused: comparable(refused),
  };
}

async function byEvents(of: Contract, lines: readonly string[]) {
  const dir = await mkdtemp(join(tmpdir(), 'wharf-roads-'));
  try {
    const entry = { delivery: 'd1', landed_at: new Date(0).toISOString() };
    const batch = { entry, contract: of, sha256: '', events: lines, prefix: 'd1' };
    const { manifest: m, files } = await produceBatch(batch, schemas);
    for (const [path, bytes] of files) await writeFile(join(dir, path.replace('/', '-')), bytes);
    return await withEngine((engine) =>
      engine.session(async (session) => {
        const read = async (files: readonly DataFile[]) =>
          files.length === 0
            ? []
            : comparable(
                await session.rows(
                  `SELECT * FROM read_parquet([${files.map(({ path }) => quote(join(dir, path.replace('/', '-')))).join(', ')}]) ORDER BY _row`,
                ),
              );
        const { read: rows, accepted, quarantined, duplicate, reasons } = m;
        return {
          books: { read: rows, accepted, quarantined, duplicate, reasons },
          listed: listed(m.data, of),
          accepted: await read(m.data),
          refused: await read(m.quarantine),
        };
      }),
    );
  } finally {
    await rm(dir, { recursive: true });
  }
}

describe.each(datasets.map((of) => [of.name, of] as const))('%s', (_, of) => {
  it('is the same as events and as a file', async () => {
    const lines = [...generateText(of, { rows: 600, seed: 11, defects: 0.3, format: 'ndjson' })]
      .join('')
      .split('\n')
      .filter(Boolean);
    const file = await byFile(of, lines);
    expect(file.books.quarantined).toBeGreaterThan(0);
    expect(file.books.duplicate + file.books.accepted).toBeGreaterThan(100);
    expect(await byEvents(of, lines)).toEqual(file);
  });
});

const row = z.object({
  sku: id(),
  name: text().optional(),
  amount: int().optional(),
  sold_on: date().optional(),
  sold_at: instant().optional(),
});
const transforms: readonly Partition[] = [
  ...[identity, day, month, year].flatMap((of) => [of('sold_on')]),
  ...[day, month, year].map((of) => of('sold_at')),
  ...['sku', 'amount', 'sold_on', 'sold_at'].map((field) => bucket(field, 16)),
  ...[identity('name'), truncate('name', 3), identity('amount'), truncate('amount', 10)],
];
const events = (rows: readonly object[]) => rows.map((one) => JSON.stringify(one));
const spread = events([
  { sku: 'a', name: 'é🦆🦆b', amount: -7, sold_on: '1969-12-31', sold_at: '1969-12-31T23:59:59.999999Z' },
  { sku: 'b', name: 'x', amount: 10, sold_on: '2024-02-29', sold_at: '2024-02-29T00:00:00+05:30' },
  { sku: 'c', name: '', amount: -9007199254740991, sold_on: '0001-01-01', sold_at: '0001-01-01T00:00:00Z' },
  {
    sku: 'd',
    name: 'né/=',
    amount: 9007199254740991,
    sold_on: '9999-12-31',
    sold_at: '9999-12-31T23:59:59Z',
  },
  { sku: 'e' },
]);

describe('a partition', () => {
  it.each(
    transforms.map((partition) => [`${partition.transform} of ${partition.field}`, partition] as const),
  )('by %s is the same for an event and for a line', async (_, partitionBy) => {
    const of = contract('test.partitioned', { describe: 'One.', row, partitionBy });
    expect(await byEvents(of, spread)).toEqual(await byFile(of, spread));
  });
});

describe('what repeats', () => {
  const policies: readonly DuplicatePolicy[] = ['drop', 'quarantine', 'keep'];
  const lines = [
    ...events([
      { k: 'a', n: 1 },
      { k: 'a', n: 1 },
      { k: 'a', n: 2 },
      { k: 'b', n: -1 },
      { k: 'b', n: -1 },
      { k: 'b', n: 3 },
      { k: ' b ', n: 4 },
    ]),
    ...['[1]', '[1]', '{"k":"a","n":1}'],
  ];
  it.each(policies.flatMap((rows) => policies.map((keys) => [rows, keys] as const)))(
    'is treated alike where rows: %s, keys: %s',
    async (rows, keys) => {
      const of = contract('test.repeats', {
        describe: 'One.',
        row: z.object({ k: id(), n: int({ min: 0 }) }),
        key: ['k'],
        duplicates: { rows, keys },
      });
      expect(await byEvents(of, lines)).toEqual(await byFile(of, lines));
    },
  );
});

it('rows of every kind, right and hostile, end alike on both roads', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(rowOf(everything.fields), { minLength: 1, maxLength: 30 }), async (rows) => {
      const lines = events(rows);
      expect(await byEvents(everything, lines)).toEqual(await byFile(everything, lines));
    }),
    { numRuns: 12 },
  );
}, 120_000);

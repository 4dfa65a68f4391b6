import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { quote } from '../../../core/contract/text.ts';
import type { IcebergField, IcebergType } from '../../../core/lake/schema.ts';
import { Engine } from '../../../platform/engine/duckdb.ts';
import { writeParquet } from '../../../platform/parquet/write.ts';

let [dir, engine]: [string, Engine] = [] as never;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'wharf-parquet-'));
  engine = await Engine.open({ dir, memoryMb: 200 });
});
afterAll(async () => {
  engine[Symbol.dispose]();
  await rm(dir, { recursive: true });
});

const decimal = (precision: number, scale: number) =>
  fc.bigInt({ min: -(10n ** BigInt(precision)) + 1n, max: 10n ** BigInt(precision) - 1n }).map((unscaled) => {
    const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
    const text = scale ? `${digits.slice(0, -scale)}.${digits.slice(-scale)}` : digits;
    return unscaled < 0n ? `-${text}` : text;
  });
const moments = fc.date({ noInvalidDate: true, min: new Date('0001-01-01'), max: new Date('9999-12-31') });
const micros = fc.integer({ min: 0, max: 999 }).map((n) => String(n).padStart(3, '0'));

/** For each type values as judging makes them, and how they read once DuckDB has cast them to text. */
const scalars: readonly [type: string, values: fc.Arbitrary<unknown>, duckdb: string][] = [
  ['string', fc.string({ unit: 'grapheme', maxLength: 12 }), 'VARCHAR'],
  ['long', fc.maxSafeInteger(), 'BIGINT'],
  ['int', fc.integer(), 'INTEGER'],
  ['double', fc.double({ noNaN: true, noDefaultInfinity: true }), 'DOUBLE'],
  ['boolean', fc.boolean(), 'BOOLEAN'],
  ['date', moments.map((d) => d.toISOString().slice(0, 10)), 'DATE'],
  [
    'timestamptz',
    fc.tuple(moments, micros).map(([d, us]) => d.toISOString().replace('Z', `${us}Z`)),
    'TIMESTAMPTZ',
  ],
  ['decimal(5, 2)', decimal(5, 2), 'DECIMAL(5,2)'],
  ['decimal(18, 4)', decimal(18, 4), 'DECIMAL(18,4)'],
  ['decimal(38, 0)', decimal(38, 0), 'DECIMAL(38,0)'],
  ['decimal(38, 10)', decimal(38, 10), 'DECIMAL(38,10)'],
];
const orNull = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined, freq: 4 });

let lastId = 0;
const nextId = (): number => {
  lastId += 3;
  return lastId;
};
const field = (name: string, type: IcebergType): IcebergField => ({
  id: nextId(),
  name,
  required: false,
  type,
});
const nameOf = (i: number) => `c${i}`;
const listOf = (element: IcebergType): IcebergType => ({
  type: 'list',
  'element-id': nextId(),
  element,
  'element-required': false,
});

const fields = [
  ...scalars.map(([type], i) => field(nameOf(i), type)),
  field('tags', listOf('string')),
  field('prices', listOf('decimal(18, 4)')),
  field('address', { type: 'struct', fields: [field('city', 'string'), field('lines', listOf('string'))] }),
  field(
    'orders',
    listOf({
      type: 'struct',
      fields: [field('sku', 'string'), field('qty', 'long'), field('marks', listOf(listOf('int')))],
    }),
  ),
];
const text = orNull(fc.string({ unit: 'grapheme', maxLength: 4 }));
const nested = {
  tags: orNull(fc.array(text, { maxLength: 3 })),
  prices: orNull(fc.array(orNull(decimal(18, 4)), { maxLength: 3 })),
  address: orNull(fc.record({ city: text, lines: orNull(fc.array(text, { maxLength: 3 })) })),
  orders: orNull(
    fc.array(
      orNull(
        fc.record({
          sku: text,
          qty: orNull(fc.maxSafeInteger()),
          marks: orNull(fc.array(orNull(fc.array(orNull(fc.integer()), { maxLength: 2 })), { maxLength: 2 })),
        }),
      ),
      { maxLength: 3 },
    ),
  ),
};
const row = fc.record({
  ...Object.fromEntries(scalars.map(([, values], i) => [nameOf(i), orNull(values)])),
  ...nested,
});

/** JSON in which what is missing is null. */
const json = (value: unknown): string =>
  JSON.stringify(value, (_, v: unknown) => v ?? null).replaceAll(/:undefined/g, ':null');
const withNulls = (value: unknown): unknown =>
  value == null
    ? null
    : Array.isArray(value)
      ? value.map(withNulls)
      : typeof value === 'object'
        ? Object.fromEntries(Object.entries(value).map(([k, v]) => [k, withNulls(v)]))
        : value;

describe('a Parquet file written in JavaScript', () => {
  it('reads in DuckDB as what was written, nulls, lists and all', async () => {
    const casts = scalars.map(([, , type], i) => {
      const name = nameOf(i);
      return type === 'TIMESTAMPTZ'
        ? `strftime(${name} AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ') AS ${name}`
        : type === 'DOUBLE' || type === 'BIGINT' || type === 'INTEGER' || type === 'BOOLEAN'
          ? name
          : `CAST(${name} AS VARCHAR) AS ${name}`;
    });
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 40 }), async (rows) => {
        const file = join(dir, 'drawn.parquet');
        await writeFile(file, writeParquet(fields, rows).bytes);
        const found = await engine.session((session) =>
          session.rows(
            `SELECT ${casts.join(', ')}, tags, [CAST(p AS VARCHAR) FOR p IN prices] AS prices, address, orders FROM read_parquet(${quote(file)})`,
          ),
        );
        const plain = (read: unknown) => JSON.parse(json(read));
        const expected = rows.map((r) =>
          plain(withNulls({ ...Object.fromEntries(fields.map(({ name }) => [name, null])), ...r })),
        );
        const numbers = new Set(['c1']);
        const told = found.map((r) =>
          plain(
            Object.fromEntries(
              Object.entries(r).map(([k, v]) => [k, numbers.has(k) && v !== null ? Number(v) : v]),
            ),
          ),
        );
        expect(told.map(({ orders, ...rest }) => rest)).toEqual(expected.map(({ orders, ...rest }) => rest));
        const quantities = (o: { qty: unknown }[] | null) =>
          o?.map((one) => one && { ...one, qty: one.qty === null ? null : Number(one.qty) });
        expect(told.map(({ orders }) => quantities(orders))).toEqual(
          expected.map(({ orders }) => orders ?? undefined),
        );
      }),
      { numRuns: 30 },
    );
  });

  it('tells in its footer the field id of every column, and no other', async () => {
    const { bytes } = writeParquet(fields, [{ c0: 'x' }]);
    const file = join(dir, 'ids.parquet');
    await writeFile(file, bytes);
    const found = await engine.session((session) =>
      session.rows(`SELECT name, field_id FROM parquet_schema(${quote(file)})`),
    );
    const ids = (type: IcebergType): (number | null)[] =>
      typeof type === 'string'
        ? []
        : type.type === 'struct'
          ? type.fields.flatMap((f) => [f.id, ...ids(f.type)])
          : [null, type['element-id'], ...ids(type.element)];
    const told = found.slice(1).map(({ field_id }) => (field_id === null ? null : Number(field_id)));
    expect(told).toEqual(fields.flatMap((f) => [f.id, ...ids(f.type)]));
  });

  it('comes with the smallest and largest value and the nulls of each plain column', async () => {
    const { columns } = writeParquet(fields, [
      { c0: '🦆', c1: 10, c8: '-1.0000', c5: '1969-12-31' },
      { c0: 'ﬀ', c1: 9, c8: '-10.0000', c5: '2024-01-01' },
      {},
    ]);
    expect(columns).toMatchObject({
      c0: { nulls: 1, min: 'ﬀ', max: '🦆' },
      c1: { nulls: 1, min: '9', max: '10' },
      c5: { nulls: 1, min: '1969-12-31', max: '2024-01-01' },
      c8: { nulls: 1, min: '-10.0000', max: '-1.0000' },
      c2: { nulls: 3 },
    });
    expect(columns.c0!.bytes).toBeGreaterThan(0);
    expect(columns.tags).toBeUndefined();
  });
});

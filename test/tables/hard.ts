/** Tables of difficult values: for every type, and for every way of partitioning, what readers trip over. */
import * as z from 'zod';
import { contract } from '../../core/contract/contract.ts';
import { boolean, date, decimal, float, id, instant, int, money, text } from '../../core/contract/fields.ts';
import type { Contract, Partition } from '../../core/contract/model.ts';
import { bucket, day, identity, month, truncate, year } from '../../core/contract/partition.ts';

const row = z.object({
  sku: id().meta({ describe: 'A key: "quoted", ünïcode, 🦆.' }),
  name: text().optional(),
  kind: z.enum(['a', 'é', '🦆']).optional(),
  amount: int().optional(),
  price: money().optional(),
  exact: decimal(38, 10).optional(),
  ratio: float().optional(),
  open: boolean().optional(),
  sold_on: date().optional(),
  sold_at: instant().optional(),
});
type Values = z.input<typeof row>;

/** Texts around every edge of the cut at 16 characters, of one to four bytes each; `�` is above `🦆` only in UTF-16. */
const names = [
  'a',
  'é',
  'ﬀ',
  '�',
  '🦆',
  'zzzzzzzzzzzzzzzz',
  'zzzzzzzzzzzzzzzzz',
  'ÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿ',
  '\u{d7ff}'.repeat(17),
  '\u{10ffff}'.repeat(17),
  `${'🦆'.repeat(16)}!`,
  'x'.repeat(5000),
  'it\'s 100 % / ?=&#+ \\ "quoted"',
  ' leading and trailing ',
];
const amounts = [
  0,
  1,
  -1,
  15,
  16,
  -16,
  -17,
  2 ** 31,
  -(2 ** 31) - 1,
  Number.MAX_SAFE_INTEGER,
  Number.MIN_SAFE_INTEGER,
];
const prices = [
  '0',
  '-0.0001',
  '0.0001',
  '-1.28',
  '1.28',
  '12.5',
  '-99999999999999.9999',
  '99999999999999.9999',
];
const exacts = [
  '0',
  '-0.0000000001',
  '1',
  '-9999999999999999999999999999.9999999999',
  '9999999999999999999999999999.9999999999',
];
const ratios = [0, -0, 5e-324, -5e-324, 1.7976931348623157e308, -1.7976931348623157e308, 0.1, -2.5];
// Not 9999: pyiceberg counts on to the next year, which Python has not.
const dates = [
  '1970-01-01',
  '1969-12-31',
  '1969-12-01',
  '1968-02-29',
  '2000-02-29',
  '1900-01-01',
  '9998-12-31',
  '1582-10-10',
];
const times = [
  '1970-01-01T00:00:00Z',
  '1969-12-31T23:59:59.999999Z',
  '2024-02-29T23:59:59.5Z',
  '2024-03-01T00:30:00+02:00',
  '9998-12-31T23:59:59Z',
  '1900-06-15T12:00:00.000001Z',
];

const at = <T>(values: readonly T[], i: number): T => values[i % values.length]!;
const pad = (n: number): string => String(n).padStart(4, '0');

/** Rows of one delivery. Every seventh value of a column is missing. */
const rowsFrom = (from: number, count: number): Values[] =>
  Array.from({ length: count }, (_, n) => {
    const i = from + n;
    const value = <T>(values: readonly T[], shift: number): T | undefined =>
      (i + shift) % 7 === 6 ? undefined : at(values, i);
    return {
      sku: `${pad(i)}-${at(names, i).slice(0, 4).trim()}`,
      name: value(names, 0),
      kind: value(['a', 'é', '🦆'] as const, 1),
      amount: value(amounts, 2),
      price: value(prices, 3),
      exact: value(exacts, 4),
      ratio: value(ratios, 5),
      open: value([true, false], 6),
      sold_on: value(dates, 1),
      sold_at: value(times, 2),
    };
  });

/** Deliveries that hold one extreme each, so that files differ in their bounds; the last has nothing but keys. */
const alone = (i: number): Values[] => [
  {
    sku: `s-${pad(i)}`,
    name: at(names, i),
    kind: at(['a', 'é', '🦆'] as const, i),
    amount: at(amounts, i),
    price: at(prices, i),
    exact: at(exacts, i),
    ratio: at(ratios, i),
    open: i % 2 === 0,
    sold_on: at(dates, i),
    sold_at: at(times, i),
  },
];

// JSON has no negative zero of its own accord, and a float such as 5e-324 must arrive as it is.
const ndjson = (rows: readonly Values[]): string =>
  rows
    .map((r) => `${JSON.stringify(r, (_, v: unknown) => (Object.is(v, -0) ? JSON.rawJSON('-0.0') : v))}\n`)
    .join('');

export interface HardTable {
  readonly contract: Contract;
  readonly deliveries: readonly string[];
}

const hard = (name: string, partitionBy?: Partition | readonly Partition[]): Contract =>
  contract(`referee.${name}`, { describe: 'Values that are hard to keep.', row, partitionBy, key: ['sku'] });

/** The engine makes a folder of a partition's value; file systems end names at 255 bytes. */
const short = rowsFrom(0, 77).filter(({ name }) => (name?.length ?? 0) < 100);

const transforms: readonly (readonly [name: string, partition: Partition])[] = [
  ['identity_text', identity('name')],
  ['identity_enum', identity('kind')],
  ['identity_int', identity('amount')],
  ['identity_boolean', identity('open')],
  ['identity_date', identity('sold_on')],
  ['day_date', day('sold_on')],
  ['day_instant', day('sold_at')],
  ['month_date', month('sold_on')],
  ['month_instant', month('sold_at')],
  ['year_date', year('sold_on')],
  ['year_instant', year('sold_at')],
  ['bucket_text', bucket('name', 16)],
  ['bucket_id', bucket('sku', 16)],
  ['bucket_enum', bucket('kind', 16)],
  ['bucket_int', bucket('amount', 16)],
  ['bucket_date', bucket('sold_on', 16)],
  ['bucket_instant', bucket('sold_at', 16)],
  ['truncate_text', truncate('name', 3)],
  ['truncate_enum', truncate('kind', 1)],
  ['truncate_int', truncate('amount', 10)],
];

export const hardTables: readonly HardTable[] = [
  {
    contract: hard('values'),
    deliveries: [
      ndjson(rowsFrom(0, 77)),
      ...names.map((_, i) => ndjson(alone(i))),
      ndjson([{ sku: 'z-nothing' }]),
    ],
  },
  ...transforms.map(([name, partition]) => ({
    contract: hard(`by_${name}`, partition),
    deliveries: [ndjson(short)],
  })),
  {
    contract: hard('by_several', [bucket('sku', 4), month('sold_at'), identity('kind')]),
    deliveries: [ndjson(rowsFrom(0, 40)), ndjson(rowsFrom(40, 40))],
  },
];

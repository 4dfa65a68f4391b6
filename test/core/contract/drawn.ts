/** Rows drawn from values that are right, nearly right and hostile, and a contract with all there is in contracts. */
import fc from 'fast-check';
import * as z from 'zod';
import { evolve } from '../../../core/contract/change.ts';
import { contract } from '../../../core/contract/contract.ts';
import {
  boolean,
  date,
  decimal,
  float,
  id,
  instant,
  int,
  list,
  money,
  text,
} from '../../../core/contract/fields.ts';
import type { Field, Type } from '../../../core/contract/model.ts';
import { absent, atMost, compare, minus, or, rule, times, value } from '../../../core/contract/rules.ts';

/** A contract with every kind, check and nesting there is. */
export const everything = contract('test.everything', {
  describe: 'One field of each kind.',
  row: z.object({
    plain: text().optional(),
    short: text({ minLength: 2, maxLength: 4, pattern: /^[^x].*$/ }).optional(),
    code: id({ pattern: /^[A-Z]{2}-\d+$/ }),
    float_id: id({ floatText: true }).optional(),
    whole: int({ min: -5, below: 100 }).optional(),
    native: z.int().positive().optional(),
    price: money({ min: 0 }).optional(),
    narrow: decimal(5, 2, { above: -10, max: '99.99' }).optional(),
    exact: decimal(38, 0).optional(),
    ratio: float({ min: 0, max: 1 }).optional(),
    any_float: float().optional(),
    flag: boolean().optional(),
    day: date({ min: '2000-01-01', max: '2030-12-31' }).optional(),
    any_day: date({ formats: ['iso', 'eu', 'compact', 'dotted'] }).optional(),
    at: instant({ formats: ['iso', 'date', 'us', 'epoch_s', 'epoch_ms'] }).optional(),
    kind: z.enum(['a', 'b', "it's"]).optional(),
    count: int().default(7),
    tags: list(text({ maxLength: 3 }), { maxLength: 2 }).optional(),
    lines: list(z.object({ sku: id(), qty: int({ min: 1 }), note: text().optional() })).optional(),
    address: z.object({ city: text({ minLength: 2 }), zip: id().optional() }).optional(),
  }),
  rules: [
    atMost('narrow', 'price'),
    rule(
      'ratio_known',
      'No ratio, or more than a native',
      or(absent('ratio'), compare('native', '>', value(3))),
    ),
    rule(
      'sum',
      'whole times native less price is small',
      compare(minus(times('whole', 'native'), 'price'), '<', value(50)),
    ),
  ],
});

/** The same after approved changes of each kind, and each of its fields once more as an added one. */
export const evolved = evolve({ ...everything, name: 'test.evolved', dataset: 'evolved' }, [
  { change: 'format', field: 'price', format: 'comma' },
  { change: 'format', field: 'exact', format: 'comma' },
  { change: 'format', field: 'at', format: 'eu' },
  { change: 'values', field: 'kind', values: ['d'] },
  { change: 'widen', field: 'narrow', precision: 7 },
  { change: 'widen', field: 'short', maxLength: 6 },
  { change: 'optional', field: 'code' },
  { change: 'alias', field: 'plain', alias: 'Plain Text' },
  ...everything.fields.map((field) => {
    const name = `new_${field.name}`;
    return { change: 'add', field: name, definition: { ...field, name, aliases: [] } } as const;
  }),
]);

export const odd = [
  ' 5 ',
  '+5',
  '5.0',
  '5.',
  '.5',
  '1e3',
  '1E400',
  '0x1F',
  '1_000',
  '1,000',
  'NaN',
  'Infinity',
  '-0',
  '-0.00',
  '00017',
  '17850.0',
  '17850.10',
  '9007199254740991',
  '9007199254740993',
  '99999999999999999999999',
  '0.1234567',
  '99999999999999.9999',
  '100000000000000',
  '-5',
  '100',
  '3.7',
  '2024-02-29',
  '2023-02-29',
  '2024-02-30',
  '0000-01-01',
  '0001-01-01',
  '9999-12-31',
  '2024-1-5',
  '31/12/2024',
  '1/2/2024',
  '31.12.2024',
  '20240131',
  '2024-01-01T10:00:00Z',
  '2024-01-01 10:00',
  '2024-01-01T24:00:00Z',
  '2024-01-01T10:00:00.123456789+05:30',
  '2024-01-01T23:59:60Z',
  '0001-01-01T00:00:00+14:00',
  '9999-12-31T23:59:59-12:00',
  '12/1/2010 8:26',
  '1700000000',
  '1700000000000',
  '2024-01-01T10:00:00+0530',
  'true',
  'TRUE',
  'no',
  '1',
  '0',
  'maybe',
  'a',
  'b',
  "it's",
  'A',
  'AB-12',
  'XY-٣',
  'null',
  'None',
  '',
  ' ',
  '\t',
  'x',
  'éé',
  '🦆',
  '🦆🦆🦆',
  'a\nb',
  'a\u2028b',
  '{"a":1}',
  '[1,2]',
  '[]',
  '{}',
  '{',
  '["abcd"]',
  '["a","b","c"]',
  '[{"sku":"1","qty":"2"}]',
  '[{"qty":0},5,null]',
  '{"city":"X"}',
  '{"city":"Rome","zip":123}',
  "Robert'); DROP TABLE Students;--",
  '<script>alert(1)</script>',
  '٣',
  '１２',
  '\u00a05',
  'Ω≈ç√',
  'ﬃ',
  '\ufeff5',
  '%s%n',
  '../../etc/passwd',
];

const jsonValue = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...odd) },
  { weight: 2, arbitrary: fc.integer({ min: -20, max: 200 }) },
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.constantFrom(
    null,
    undefined,
    [],
    {},
    [1, 'a', null],
    { city: 'Oslo' },
    { sku: 1 },
    [{ sku: 'x', qty: 0 }],
    [{ sku: 'x', qty: 3, note: {} }],
    ['a', 'bcde'],
  ),
  fc.string({ unit: 'grapheme', maxLength: 6 }),
  fc
    .date({ noInvalidDate: true, min: new Date('0001-01-02'), max: new Date('9999-12-30') })
    .map((d) => d.toISOString()),
);

/** A value that is usually fine for the type, so that deeper checks and rules are reached. */
function fitting(type: Type): fc.Arbitrary<unknown> {
  switch (type.is) {
    case 'enum':
      return fc.constantFrom(...type.values);
    case 'decimal':
      return fc.oneof(fc.integer({ min: -10, max: 120 }), fc.constantFrom('2,50', '-0,5', '1,99999', ',5'));
    case 'int':
      return fc.integer({ min: -10, max: 120 });
    case 'float':
      return fc.constantFrom(0, 0.5, 1, -0.25, 1.5, 1e-7);
    case 'boolean':
      return fc.boolean();
    case 'date':
      return fc.constantFrom('2024-01-31', '1999-12-31', '2024-02-29');
    case 'instant':
      return fc.constantFrom('2024-01-31T10:00:00Z', '2024-01-31 10:00:00', '1/31/2024 10:00');
    case 'list':
      return fc.array(fitting(type.items), { maxLength: 3 });
    case 'object':
      return fc.record(Object.fromEntries(type.fields.map((f) => [f.name, fitting(f.type)])), {
        requiredKeys: [],
      });
    default:
      return fc.constantFrom('AB-12', 'abc', 'T1', '12345', '🦆a');
  }
}

/** Rows that are fine, each but for one field: every odd value in every field. */
export const oddRows = (fields: readonly Field[], fine: (row: number) => object): Record<string, unknown>[] =>
  odd.flatMap((value, i) => fields.map(({ name }, j) => ({ ...fine(i * fields.length + j), [name]: value })));

export const rowOf = (fields: readonly Field[]): fc.Arbitrary<Record<string, unknown>> =>
  fc.record(
    Object.fromEntries(
      fields.map((f) => [
        f.name,
        fc.oneof({ weight: 4, arbitrary: fitting(f.type) }, { weight: 1, arbitrary: jsonValue }),
      ]),
    ),
    { noNullPrototype: true },
  );

export const asText = (v: unknown): string =>
  v === null || v === undefined ? '' : typeof v === 'object' ? JSON.stringify(v) : String(v);
export const cell = (v: unknown): string => `"${asText(v).replaceAll('"', '""')}"`;

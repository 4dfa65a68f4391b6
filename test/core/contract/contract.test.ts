import { describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { contract, hours } from '../../../core/contract/contract.ts';
import { compareDecimals, id, instant, int, money, text } from '../../../core/contract/fields.ts';
import { bucket, identity, month, truncate, year } from '../../../core/contract/partition.ts';
import { judgeRow } from '../../../core/contract/row.ts';
import {
  and,
  atLeast,
  compare,
  equals,
  field,
  not,
  plus,
  present,
  rule,
  times,
  value,
} from '../../../core/contract/rules.ts';

const row = z.object({
  code: id(),
  quantity: int({ above: 0 }),
  price: money(),
  total: money().optional(),
  at: instant(),
});
const declare = (more: object) => () => contract('a.b', { describe: 'x', row, ...more } as never);

describe('a contract is refused when it loads', () => {
  it.each([
    [
      'an unknown key, with a hint',
      declare({ partitonBy: month('at') }),
      'contract.unknown_key',
      'Did you mean "partitionBy"',
    ],
    [
      'a partition on a column that is no field',
      declare({ partitionBy: month('att') }),
      'contract.unknown_field',
      'Did you mean "at"',
    ],
    [
      'a month of a number',
      declare({ partitionBy: month('quantity') }),
      'contract.invalid_partition',
      'month takes: date, instant',
    ],
    ['a key that is no field', declare({ key: ['nope'] }), 'contract.unknown_field', 'key names "nope"'],
    ['an optional key', declare({ key: ['total'] }), 'contract.invalid_key', 'optional'],
    [
      'a rule on a column that is no field',
      declare({ rules: [atLeast('price', 'cost')] }),
      'contract.unknown_field',
      '"cost"',
    ],
    [
      'a name without a domain',
      () => contract('stores', { describe: 'x', row }),
      'contract.invalid_name',
      '<domain>.<dataset>',
    ],
    [
      'a column that is not snake_case',
      () => contract('a.b', { describe: 'x', row: z.object({ InvoiceNo: id() }) }),
      'contract.invalid_name',
      'aliases',
    ],
    [
      'two fields of one header',
      () => contract('a.b', { describe: 'x', row: z.object({ a: id(), b: id().meta({ aliases: ['A'] }) }) }),
      'contract.ambiguous_alias',
      '"a" and "b"',
    ],
    [
      "zod's date",
      () => contract('a.b', { describe: 'x', row: z.object({ d: z.date() }) }),
      'contract.unsupported_zod',
      'instant()',
    ],
    [
      'a union',
      () => contract('a.b', { describe: 'x', row: z.object({ d: z.union([z.string(), z.number()]) }) }),
      'contract.unsupported_zod',
      'one type',
    ],
    [
      'a transform',
      () => contract('a.b', { describe: 'x', row: z.object({ d: z.string().transform((s) => s) }) }),
      'contract.unsupported_zod',
      'does not change it',
    ],
    [
      'an email check',
      () => contract('a.b', { describe: 'x', row: z.object({ d: z.string().email() }) }),
      'contract.unsupported_zod',
      'pattern',
    ],
    [
      'a partition by who somebody is',
      () =>
        contract('a.b', {
          describe: 'x',
          row: z.object({ email: text().meta({ pii: 'direct' }) }),
          partitionBy: identity('email'),
        }),
      'contract.invalid_partition',
      'personal data',
    ],
    [
      'a look-ahead',
      () => contract('a.b', { describe: 'x', row: z.object({ d: text({ pattern: /(?=a)b/ }) }) }),
      'contract.unsupported_pattern',
      'look-around',
    ],
    [
      'a refinement of the row',
      () => contract('a.b', { describe: 'x', row: row.refine(() => true) as never }),
      'contract.unsupported_zod',
      'rules',
    ],
  ])('%s', (_, load, code, hint) => {
    expect(load).toThrow(expect.objectContaining({ code, message: expect.stringContaining(hint) }));
  });
});

describe('a contract', () => {
  const c = contract('shop.lines', {
    describe: 'x',
    row,
    key: ['code'],
    partitionBy: [year('at'), bucket('code', 4), truncate('code', 2), identity('quantity')],
    freshness: hours(1),
    rules: [
      equals('total', times('quantity', 'price')),
      rule(
        'dear_is_counted',
        'A dear line is counted',
        not(and(compare('price', '>', value(1000)), not(present('total')))),
      ),
      rule('price_with_tip', 'x', compare(plus('price', value(1)), '>', field('price'))),
    ],
  });
  const good = { code: '007', quantity: 3, price: '0.1', total: 0.3, at: '2024-01-01' };

  it('keeps a leading zero, money exact and instants in UTC', () => {
    expect(judgeRow(c, { ...good, at: '2024-01-01T01:30:00+02:00' })).toEqual({
      ok: true,
      row: { code: '007', quantity: 3, price: '0.1000', total: '0.3000', at: '2023-12-31T23:30:00.000000Z' },
    });
  });

  it('compares decimals by their digits, not as doubles', () => {
    expect(judgeRow(c, good).ok).toBe(true);
    expect(compareDecimals('0.30000000000000004', '0.3')).toBe(1);
  });

  it('gives all reasons at once', () => {
    expect(judgeRow(c, { quantity: 0, price: '1e3', total: 5, at: 'never' })).toEqual({
      ok: false,
      reasons: [
        'missing_required_value:code',
        'out_of_range:quantity',
        'type_mismatch:price:expected_decimal_got_float',
        'type_mismatch:at:expected_instant_got_string',
      ],
    });
  });

  it('breaks a rule only where it is known to be false', () => {
    expect(judgeRow(c, { ...good, total: 0.31 })).toEqual({
      ok: false,
      reasons: ['rule_failed:total_equals_value'],
    });
    expect(judgeRow(c, { ...good, total: null }).ok).toBe(true);
    expect(judgeRow(c, { ...good, price: 2000, total: '' })).toEqual({
      ok: false,
      reasons: ['rule_failed:dear_is_counted'],
    });
  });
});

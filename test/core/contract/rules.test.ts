import { describe, expect, it } from '@jest/globals';
import type { Field } from '../../../core/contract/model.ts';
import {
  absent,
  and,
  atMost,
  compare,
  type Expr,
  fieldsOf,
  holds,
  minus,
  not,
  or,
  plus,
  present,
  times,
  toSql,
  value,
} from '../../../core/contract/rules.ts';

const field = (name: string, is: 'int' | 'decimal' | 'text') =>
  ({ name, type: is === 'decimal' ? { is, precision: 18, scale: 4 } : { is } }) as Field;
const fields = [field('a', 'int'), field('b', 'int'), field('price', 'decimal'), field('name', 'text')];
const test = (expr: Expr, values: Record<string, unknown>) => holds(expr, values, fields);

describe('a rule', () => {
  it.each<[string, Expr, Record<string, unknown>, boolean | null]>([
    ['compares numbers as numbers', compare('a', '<', 'b'), { a: 9, b: 10 }, true],
    ['compares texts as texts', compare('name', '<', value('b')), { name: 'a' }, true],
    [
      'calculates with decimals exactly',
      compare(plus('price', 'price'), '=', value(0.2)),
      { price: '0.1000' },
      true,
    ],
    ['multiplies scales', compare(times('price', 'a'), '=', value(7.5)), { price: '2.5000', a: 3 }, true],
    ['subtracts', compare(minus('a', 'b'), '=', value(-1)), { a: 1, b: 2 }, true],
    ['is unknown where a value is missing', compare('a', '<', 'b'), { a: 1, b: null }, null],
    [
      'is broken by one false part of an and',
      and(compare('a', '=', 'b'), compare('a', '>', 'b')),
      { a: 1, b: null },
      null,
    ],
    [
      'takes false over unknown in an and',
      and(present('b'), compare('a', '>', 'b')),
      { a: 1, b: null },
      false,
    ],
    ['takes true over unknown in an or', or(absent('b'), compare('a', '>', 'b')), { a: 1, b: null }, true],
    ['keeps unknown under not', not(compare('a', '<', 'b')), { a: 1, b: null }, null],
  ])('%s', (_, expr, values, expected) => {
    expect(test(expr, values)).toBe(expected);
  });

  it('names itself after its fields, and says which it reads', () => {
    const rule = atMost('a', 'price');
    expect(rule.name).toBe('a_at_most_price');
    expect(fieldsOf(or(rule.test, not(present('name'))))).toEqual(['a', 'price', 'name']);
  });

  it('reads as SQL in which an overflow is unknown', () => {
    expect(toSql(compare(times('a', 'b'), '<=', value(5)))).toBe('(TRY("a" * "b") <= 5)');
    expect(toSql(and(present('a'), not(compare('name', '=', value("it's")))))).toBe(
      `(("a" IS NOT NULL) AND (NOT ("name" = 'it''s')))`,
    );
  });
});

import { describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { contract } from '../../../core/contract/contract.ts';
import { date, id, instant, int, list, money } from '../../../core/contract/fields.ts';
import { judgeRow } from '../../../core/contract/row.ts';
import { compare, equals, rule, times, value } from '../../../core/contract/rules.ts';
import { defectNames } from '../../../core/generate/defects.ts';
import { generateRows, generateText } from '../../../core/generate/generate.ts';
import { dataset, datasets } from '../../../datasets/index.ts';

const ROWS = 500;
const rowsOf = (c: Parameters<typeof generateRows>[0], options = {}) => [
  ...generateRows(c, { rows: ROWS, ...options }),
];
const textOf = (name: string, options: Partial<Parameters<typeof generateText>[1]> = {}) =>
  [...generateText(dataset(name), { rows: 50, format: 'csv', ...options })].join('');

describe.each(datasets.map((c) => [c.name, c] as const))('made-up %s', (_, c) => {
  it('is accepted where no defects are asked for', () => {
    const refused = rowsOf(c).map(({ values }) => judgeRow(c, values));
    expect(refused.filter(({ ok }) => !ok)).toEqual([]);
  });

  it('never repeats a key', () => {
    const keys = rowsOf(c, { rows: 5000 }).map(({ values }) => JSON.stringify(c.key.map((k) => values[k])));
    expect(new Set(keys).size).toBe(c.key.length ? 5000 : 1);
  });

  it('has about as many defects as asked for', () => {
    const spoiled = rowsOf(c, { rows: 2000, defects: 0.3 }).filter(({ defect }) => defect);
    expect(spoiled.length / 2000).toBeCloseTo(0.3, 1);
  });
});

it('gives the same text for the same seed, and another for another', () => {
  const [once, again, other] = [7, 7, 8].map((seed) =>
    textOf('retailos.transactions', { seed, defects: 0.1 }),
  );
  expect(again).toBe(once);
  expect(other).not.toBe(once);
});

it('has every kind of defect somewhere', () => {
  const found = datasets.flatMap((c) => rowsOf(c, { defects: 0.9 }).map(({ defect }) => defect));
  expect(new Set(found)).toEqual(new Set([undefined, ...defectNames]));
});

it('makes only the defects that were asked for', () => {
  const found = rowsOf(dataset('recomart.users'), { defects: 0.5, kinds: ['bad_enum'] });
  expect(new Set(found.map(({ defect }) => defect))).toEqual(new Set([undefined, 'bad_enum']));
});

it('puts the time of rows on the day asked for', () => {
  const rows = rowsOf(dataset('stockgrip.sales'), { day: '2024-02-29' });
  expect(new Set(rows.map(({ values }) => values.date?.slice(0, 10)))).toEqual(new Set(['2024-02-29']));
});

it('speaks of customers that the customers of the same system include', () => {
  const known = new Set(
    rowsOf(dataset('retailos.customers'), { rows: 1000 }).map(({ values }) => values.customer_id),
  );
  const named = rowsOf(dataset('retailos.transactions')).map(({ values }) => values.customer_id ?? null);
  expect(named.filter((customer) => customer !== null && !known.has(customer))).toEqual([]);
});

describe('a contract of one’s own', () => {
  const orders = contract('test.orders', {
    describe: 'An order.',
    row: z.object({
      shop: z.enum(['a', 'b']),
      order_no: id(),
      quantity: int({ min: 1 }),
      unit_price: money({ min: 0 }),
      total: money(),
      ordered: date({ formats: ['eu'] }),
      seen: instant({ formats: ['epoch_s'] }).optional(),
      lines: list(z.object({ sku: id(), qty: int({ min: 1 }) })),
    }),
    key: ['shop', 'order_no'],
    rules: [equals('total', times('quantity', 'unit_price'))],
  });

  it('gets totals that are what they are calculated from', () => {
    expect(rowsOf(orders).filter(({ values }) => !judgeRow(orders, values).ok)).toEqual([]);
  });

  it('gets days and moments as its files write them', () => {
    const [{ values }] = rowsOf(orders, { rows: 1, seed: 3 }) as [{ values: Record<string, string> }];
    expect(values).toMatchObject({ ordered: '15/01/2025', seen: expect.stringMatching(/^17369\d{5}$/) });
  });

  it('gets lists and objects as JSON, not as text of JSON', () => {
    const text = [...generateText(orders, { rows: 3, format: 'ndjson' })].join('');
    const [first] = text.split('\n').map((line) => line && JSON.parse(line));
    expect(first).toMatchObject({
      quantity: expect.any(Number),
      lines: expect.arrayContaining([{ sku: expect.any(String), qty: expect.any(Number) }]),
    });
  });

  it('is told to give examples where a pattern cannot be guessed', () => {
    const odd = contract('test.odd', {
      describe: 'X.',
      row: z.object({ plate: id({ pattern: /^[A-Z]{2}-\d+$/ }) }),
    });
    expect(() => rowsOf(odd)).toThrow(
      expect.objectContaining({
        code: 'generate.needs_examples',
        message: expect.stringContaining('"plate"'),
      }),
    );
  });

  it('is told when no row keeps its rules', () => {
    const impossible = contract('test.impossible', {
      describe: 'X.',
      row: z.object({ age: int({ min: 0 }) }),
      rules: [rule('negative', 'Below 0.', compare('age', '<', value(0)))],
    });
    expect(() => rowsOf(impossible)).toThrow(expect.objectContaining({ code: 'generate.impossible_rule' }));
  });
});

it.each([
  [{ rows: -1 }, 'rows is -1'],
  [{ rows: 1, defects: 2 }, 'defects is 2'],
  [{ rows: 1, day: 'today' }, 'day is "today"'],
  [{ rows: 1, seed: 0.5 }, 'seed is 0.5'],
])('refuses the options %j', (options, message) => {
  expect(() => [...generateRows(datasets[0]!, options)]).toThrow(message);
});

describe('the text of a file', () => {
  it('is CSV with a header, quoted where needed', () => {
    const [header, ...lines] = textOf('retailos.customers', { defects: 0.5, kinds: ['whitespace'] }).split(
      '\n',
    );
    expect(header).toBe(
      'customer_id,customer_name,customer_email,phone,city,postcode,signup_date,segment,marketing_consent',
    );
    expect(lines.some((line) => line.includes('"  '))).toBe(true);
  });

  it('announces the column nobody announced in the header of a CSV file', () => {
    const [header] = textOf('retailos.stores', { defects: 0.1 }).split('\n');
    expect(header).toMatch(/,closed_on,unannounced_note$/);
  });

  it('is a JSON list', () => {
    const rows = JSON.parse(textOf('recomart.products', { format: 'json' })) as unknown[];
    expect(rows).toHaveLength(50);
    expect(rows[0]).toMatchObject({ price: expect.any(Number), in_stock: expect.any(Boolean) });
  });

  it('is an empty list, or a header alone, where there are no rows', () => {
    expect(JSON.parse(textOf('recomart.products', { format: 'json', rows: 0 }))).toEqual([]);
    expect(textOf('recomart.users', { rows: 0 })).toBe('user_id,age,gender,device\n');
  });

  it('comes in chunks, so that a file of any size fits into memory', () => {
    const sizes = [...generateText(dataset('recomart.users'), { rows: 20_000, format: 'csv' })].map(
      (c) => c.length,
    );
    expect(sizes.length).toBeGreaterThan(4);
    expect(Math.max(...sizes)).toBeLessThan(70_000);
  });
});

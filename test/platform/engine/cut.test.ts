import { describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { contract } from '../../../core/contract/contract.ts';
import { id, int, text } from '../../../core/contract/fields.ts';
import type { DuplicatePolicy } from '../../../core/contract/model.ts';
import { identity } from '../../../core/contract/partition.ts';
import { take } from './support.ts';

const ROWS = 3000;
const regions = ['north', 'south', 'east'];

const sales = (rows: DuplicatePolicy, keys: DuplicatePolicy) =>
  contract('test.sales', {
    describe: 'Sales.',
    row: z.object({
      sale: id(),
      region: text(),
      amount: int({ min: 0 }),
      note: text().optional(),
    }),
    key: ['sale'],
    partitionBy: identity('region'),
    duplicates: { rows, keys },
  });

/** Rows with line ends inside quotes, amounts that are refused, repeats near and far, and lines that are no rows. */
function line(i: number): string {
  if (i % 501 === 500) return 'only one field';
  const n = i % 97 === 96 ? i - 90 : i % 89 === 88 ? i - 60 : i;
  const amount = n % 50 === 49 ? -1 : n;
  const note = i % 7 === 0 ? `"says ""${n}"",\nand more"` : `note ${n}`;
  return `S${n},${regions[n % 3]},${amount},${i % 89 === 88 ? '"another"' : note}`;
}
const csv = `sale,region,amount,note\n${Array.from({ length: ROWS }, (_, i) => line(i)).join('\n')}\n`;
const ndjson = Array.from({ length: ROWS }, (_, i) =>
  i % 501 === 500
    ? 'no json'
    : JSON.stringify({ sale: `S${i % 700}`, region: regions[i % 3], amount: i - 20 }),
).join('\n');

describe('a file cut into parts that are read side by side', () => {
  it.each([
    ['drop', 'drop'],
    ['quarantine', 'drop'],
    ['drop', 'quarantine'],
    ['keep', 'quarantine'],
    ['keep', 'keep'],
  ] as const)('gives what the whole file gives; rows %s, keys %s', async (rows, keys) => {
    const whole = await take(sales(rows, keys), csv);
    const cut = await take(sales(rows, keys), csv, { threads: 3, worthCutting: 0 });
    expect(cut.judged).toEqual(whole.judged);
    expect(cut.accepted).toEqual(whole.accepted);
    expect(new Set(cut.refused)).toEqual(new Set(whole.refused));
    expect(cut.files.length).toBeGreaterThan(whole.files.length);
    const { read, accepted, quarantined, duplicate } = whole.judged;
    expect(accepted + quarantined + duplicate).toBe(read);
    expect(whole.refused.filter(({ line: at }) => at !== null)).toHaveLength(5);
  });

  it('is the same for JSON lines', async () => {
    const c = sales('drop', 'drop');
    const whole = await take(c, ndjson, { name: 'a.ndjson' });
    const cut = await take(c, ndjson, { name: 'a.ndjson', threads: 2, worthCutting: 0 });
    expect(cut.judged).toEqual(whole.judged);
    expect(cut.accepted).toEqual(whole.accepted);
    expect(whole.judged).toMatchObject({ read: ROWS, quarantined: 20 + 5 });
  });

  it.each([1, 3])(
    'blank lines among JSON lines are no rows, and no row is taken for another, in %s parts',
    async (threads) => {
      const c = sales('drop', 'quarantine');
      const lines = ndjson.split('\n');
      const blanks = `${'\n'.repeat(40)}${lines.map((one, i) => one + '\n'.repeat(1 + (i % 5))).join('')}`;
      const options = { name: 'a.ndjson', threads, worthCutting: 0 };
      const plain = await take(c, ndjson, options);
      const apart = await take(c, blanks, options);
      const { read, accepted, quarantined, duplicate, reasons } = plain.judged;
      expect(apart.judged).toMatchObject({ read, accepted, quarantined, duplicate, reasons });
      const values = ({ accepted }: typeof plain) => accepted.map(({ _row, ...row }) => row);
      expect(values(apart)).toEqual(values(plain));
      const places = [...apart.accepted, ...apart.refused].flatMap(({ _row }) =>
        _row === null ? [] : [_row],
      );
      expect(new Set(places).size).toBe(places.length);
    },
  );
});

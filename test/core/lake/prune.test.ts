import { expect, it } from '@jest/globals';
import { encodeBound } from '../../../core/lake/bounds.ts';
import { mayHold } from '../../../core/lake/prune.ts';

const fields = [
  { id: 1, name: 'code', required: false, type: 'string' },
  { id: 2, name: 'n', required: false, type: 'long' },
  { id: 3, name: 'at', required: false, type: 'date' },
];
const schema = { type: 'struct', 'schema-id': 0, fields } as const;
const bounds = (side: 'lower' | 'upper', values: readonly (readonly [number, string, string])[]) =>
  values.map(([key, type, text]) => ({ key, value: encodeBound(type, text, side)! }));
const file = {
  lower_bounds: bounds('lower', [
    [1, 'string', 'b, and much more of it'],
    [2, 'long', '-5'],
    [3, 'date', '2026-01-01'],
  ]),
  upper_bounds: bounds('upper', [
    [1, 'string', 'd, and much more of it'],
    [2, 'long', '12'],
    [3, 'date', '2026-01-02'],
  ]),
};

it.each([
  [{ code: 'b, and much more of it' }, true],
  [{ code: 'd, and much more of it' }, true],
  [{ code: 'c' }, true],
  [{ code: 'a' }, false],
  [{ code: 'e' }, false],
  [{ n: '-5' }, true],
  [{ n: '9' }, true],
  [{ n: '-6' }, false],
  [{ n: '13' }, false],
  [{ n: 'no number' }, true],
  [{ at: '1999-01-01' }, true],
  [{ code: 'c', n: '13' }, false],
])('a file may hold %j: %s', (values, expected) => {
  expect(mayHold(file, values as unknown as Record<string, string>, schema)).toBe(expected);
});

it('a file that says nothing of a column may hold anything', () => {
  expect(mayHold({ lower_bounds: null, upper_bounds: [] }, { code: 'a' }, schema)).toBe(true);
});

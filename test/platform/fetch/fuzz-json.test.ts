/** Draws files. `WHARF_SEED=<n> npm test -- fetch/fuzz` repeats a run. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { padded, records, runs } from './support.ts';

describe('of a JSON document the records are what JSON.parse finds, wherever a chunk ends', () => {
  // No escapes: JSON.parse of Node 24.21 takes one escaped name for another.
  const name = fc.constantFrom('a', 'x]', '[', '{', 'é', ',', ' ', '');
  const value = fc.oneof(
    fc.constantFrom('"', '\\', '\n', ']"', '\\"', '漢', '{'),
    fc.jsonValue({ maxDepth: 3 }),
  );
  const object = fc.dictionary(name, value, { maxKeys: 4 });
  /** No lists: an object with one may be an envelope. */
  const flat = fc.dictionary(name, fc.oneof(fc.string(), fc.integer(), fc.dictionary(name, fc.integer())));
  const indents = fc.constantFrom(undefined, 2, '\t');
  const splits = fc.integer({ min: 0, max: 100 });
  const blanks = (size: number) => ' '.repeat(size);
  const json = (it: unknown, indent?: number | string) => JSON.stringify(it, undefined, indent);

  async function expectRecords(before: string, after: string, split: number, values: readonly unknown[]) {
    const lines = await records('a.json', padded(before, after, split, blanks));
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(JSON.parse(json(values)));
  }

  it('in a list, of anything', async () => {
    const property = fc.asyncProperty(fc.array(value), indents, splits, (values, indent, split) =>
      expectRecords('[', json(values, indent).slice(1), split, values),
    );
    await fc.assert(property, runs(200));
  }, 60_000);

  it('in an object that holds them', async () => {
    const property = fc.asyncProperty(fc.array(object), indents, splits, (values, indent, split) => {
      const rest = `${json([1, ...values], indent).replace(/^\[\s*1/, '')},"next":[[],"{"]}`;
      return expectRecords('{"pages":[1],"about":{"x]":"[{"},"items":[{"first":1}', rest, split, [
        { first: 1 },
        ...values,
      ]);
    });
    await fc.assert(property, runs(200));
  }, 60_000);

  it('one after another', async () => {
    const between = fc.constantFrom('', ' ', '\n', ',\r\n');
    const property = fc.asyncProperty(
      fc.array(flat),
      indents,
      between,
      splits,
      (values, indent, space, split) => {
        const rest = values.map((it) => json(it, indent)).join(space);
        return expectRecords('{"first":1}', rest, split, [{ first: 1 }, ...values]);
      },
    );
    await fc.assert(property, runs(200));
  }, 60_000);
});

/** Draws files. `WHARF_SEED=<n> npm test -- fetch/fuzz` repeats a run. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { defaultLimits } from '../../../platform/limits.ts';
import { pairReader } from './engine.ts';
import { inChunks, padded, paddingRows, runs, withFetched } from './support.ts';

const readPairs = pairReader();

interface Reading {
  /** Values of the records that can be read. */
  readonly rows: readonly (readonly string[])[];
  /** Lines that cannot, as they came. */
  readonly lines: readonly string[];
}

/**
 * All that the engine and fetching together make of a CSV file, whatever comes of it.
 * @param split where in the body a chunk ends
 */
function readCsv(body: string, split?: number, rowBytes = defaultLimits.rowBytes): Promise<Reading> {
  const header = /^.*\r?\n/.exec(body)![0];
  const rest = body.slice(header.length);
  const bytes = Buffer.from(split === undefined ? body : padded(header, rest, split, paddingRows));
  return withFetched('a.csv', inChunks(bytes), { limits: { rowBytes } }, async (result) => {
    if (!result.ok) throw new Error(result.reason);
    const { rows, lines } = await readPairs(result.file, rowBytes);
    return {
      rows: rows
        .map(({ c0, c1 }) => [String(c0 ?? ''), String(c1 ?? '')])
        .filter(([first]) => !first!.startsWith('ppp')),
      lines: lines.map(({ raw }) => String(raw)),
    };
  });
}

describe('of a CSV file nothing is lost, wherever a chunk ends', () => {
  const token = Symbol('token');
  const piece = fc.constantFrom<string | symbol>(
    ...[token, token, token, ',', ',', '\n', '\n', '"', '"', '""', ' ', '\r', '\r\n'],
    ...['é', '\0', '\\', '\ufeff', 'x'.repeat(40)],
  );
  const body = fc.array(piece, { maxLength: 60 }).map((parts) => {
    const all = parts.map((part, i) => (typeof part === 'string' ? part : `t${i}t`));
    return `h1,h2\n${all.join('')}`;
  });
  const splits = fc.option(fc.integer({ min: 0, max: 150 }), { nil: undefined });
  const limits = fc.constantFrom(undefined, 100);
  const tokens = (text: string): string[] => (text.match(/t\d+t/g) ?? []).sort();

  it('each value is in one record or one line that was kept, once', async () => {
    const property = fc.asyncProperty(body, splits, limits, async (text, split, rowBytes) => {
      const { rows, lines } = await readCsv(text, rowBytes ? undefined : split, rowBytes);
      expect(tokens([...rows.flat(), ...lines].join(' '))).toEqual(tokens(text));
    });
    await fc.assert(property, runs(200));
  }, 60_000);

  it('without quotes, each line that is not blank is one record or was kept', async () => {
    const content = fc
      .array(fc.constantFrom('a', ',', ',', 'é', 'b\0', '\\'), { maxLength: 5 })
      .map((parts) => parts.join(''));
    const line = fc.tuple(content, fc.constantFrom('\n', '\r', '\r\n'));
    const property = fc.asyncProperty(fc.array(line, { maxLength: 30 }), splits, async (drawn, split) => {
      const read = await readCsv(`h1,h2\n${drawn.flat().join('')}`, split);
      // Delimiters too many at the end hold no value: the engine overlooks them.
      const full = drawn.map(([text]) => text.replace(/^([^,]*,[^,]*),+$/, '$1')).filter(Boolean);
      const records = full.map((text) => text.split(','));
      expect(read.rows).toEqual(records.filter(({ length }) => length === 2));
      expect(read.lines).toEqual(full.filter((_, i) => records[i]!.length !== 2));
    });
    await fc.assert(property, runs(200));
  }, 60_000);

  it('written by the rules, it reads as what was written', async () => {
    const value = fc
      .array(fc.constantFrom('a', '"', ',', '\n', '\r\n', ' ', 'é', "'"), { maxLength: 6 })
      .map((parts) => parts.join(''));
    const ends = fc.constantFrom('\n', '\r\n');
    const property = fc.asyncProperty(
      fc.array(fc.tuple(value, value)),
      ends,
      splits,
      async (rows, end, split) => {
        const quoted = rows.map((row) => row.map((it) => `"${it.replaceAll('"', '""')}"`).join(','));
        const read = await readCsv(`h1,h2${end}${quoted.map((row) => row + end).join('')}`, split);
        expect(read).toEqual({ rows, lines: [] });
      },
    );
    await fc.assert(property, runs(200));
  }, 60_000);
});

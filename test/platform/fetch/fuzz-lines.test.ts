/** Draws CSV files, and looks whether records are where they are said to be. `WHARF_SEED=<n> npm test -- fetch/fuzz` repeats a run. */
import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { locate } from '../../../platform/fetch/lines.ts';
import { pairReader } from './engine.ts';
import { inChunks, padded, paddingRows, runs, withFetched } from './support.ts';

const readPairs = pairReader();

/** What the engine makes of a file beside what was said of its lines. */
const compare = (bytes: Buffer) =>
  withFetched('a.csv', inChunks(bytes), {}, async (result) => {
    if (!result.ok) throw new Error(result.reason);
    const { rows, lines } = await readPairs(result.file);
    const located = await locate(result.file, new Set(rows.map((_, i) => i + 1)));
    return { rows, located: located!, malformed: lines.length };
  });

it('a line that is told is the one on which the record begins, whatever stands in the file', async () => {
  const piece = fc.constantFrom(
    ...['TOKEN,x\n', 'TOKEN,"one\n""two"\n', '\nTOKEN,"a\r\n"\r\n', '"TOKEN",\n', 'TOKEN,x,,\n'],
    ...['TOKEN', ',', '\n', '\r\n', '"', '""', ' ', 'é', '\0', ',x\n', 'TOKEN,a"b\n'],
  );
  const body = fc
    .array(piece, { maxLength: 40 })
    .map((parts) => `h1,h2\n${parts.map((part, i) => part.replace('TOKEN', `t${i}t`)).join('')}`);
  let [told, untold] = [0, 0];
  const splits = fc.option(fc.integer({ min: 0, max: 150 }), { nil: undefined });
  const property = fc.asyncProperty(body, splits, async (drawn, split) => {
    const header = 'h1,h2\n';
    const whole =
      split === undefined ? drawn : padded(header, drawn.slice(header.length), split, paddingRows);
    const { rows, located, malformed } = await compare(Buffer.from(whole));
    if (located.counted?.records !== rows.length || located.counted.malformed !== malformed) {
      untold++;
      return;
    }
    for (const { _row, c0 } of rows) {
      if (!/^t\d+t$/.test(String(c0))) continue;
      told++;
      const line = whole.slice(0, whole.indexOf(String(c0))).split('\n').length;
      expect([c0, located.lines.get(Number(_row))]).toEqual([c0, line]);
    }
  });
  await fc.assert(property, runs(200));
  expect(told).toBeGreaterThan(100);
  expect(untold).toBeLessThan(10);
}, 60_000);

/**
 * Sound files of every dataset and format, damaged at random, through `wharf check` and through what `wharf land` does
 * with a file. `WHARF_FUZZ_RUNS=5000 npm test -- hostile/check` looks longer, `WHARF_SEED=<n>` repeats a run.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fileReasons, rowReasons } from '../../core/contract/reasons.ts';
import { balanced } from '../../core/delivery/books.ts';
import { arrivals, fuzzRuns } from './damage.ts';
import { type SoundFile, soundFiles } from './files.ts';
import { Isolated } from './isolated.ts';

/** A process that has judged any number of hostile files. Node with DuckDB takes 90 before the first. */
const PEAK_MB = 400;

let folder: string;
let sound: SoundFile[];
let isolated: Isolated;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wharf-sound-'));
  sound = await soundFiles(folder);
  isolated = await Isolated.open();
}, 60_000);
afterAll(async () => {
  await isolated[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const words = new Set([...Object.keys(rowReasons), ...Object.keys(fileReasons)]);

describe('a damaged file', () => {
  it('is judged to the last row or refused by name, the same by check and land, and nothing stays behind', async () => {
    const property = fc.asyncProperty(arrivals(sound), async (file) => {
      const { error, checked, again, written, left } = await isolated.judge(file);
      expect({ error, left }).toEqual({ error: undefined, left: [] });
      expect(balanced(checked!)).toBe(true);
      expect(again).toEqual(checked);
      const { reasons, accepted, quarantined } = checked!;
      expect(written).toEqual({ reasons, records: [accepted, quarantined] });
      for (const reason of Object.keys(reasons)) expect(words).toContain(reason.split(':', 1)[0]);
    });
    await fc.assert(property, fuzzRuns(200));
    expect(isolated.peakMb).toBeLessThan(PEAK_MB);
  }, 36_000_000);

  it('is sometimes accepted, sometimes quarantined and sometimes refused: the damage is neither none nor all', async () => {
    const drawn = fc.sample(arrivals(sound), { ...fuzzRuns(60), numRuns: 60 });
    const answers = await Array.fromAsync(drawn, async (file) => (await isolated.judge(file)).checked!);
    const seen = (is: (answer: (typeof answers)[number]) => boolean) => answers.filter(is).length;
    expect(seen(({ accepted }) => accepted > 0)).toBeGreaterThan(0);
    expect(seen(({ quarantined }) => quarantined > 0)).toBeGreaterThan(0);
    expect(seen(({ read, reasons }) => read === 0 && Object.keys(reasons).length > 0)).toBeGreaterThan(0);
  }, 120_000);
});

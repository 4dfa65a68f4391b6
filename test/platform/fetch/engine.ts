/** What the engine makes of fetched CSV files of two columns. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';
import * as z from 'zod';
import { contract } from '../../../core/contract/contract.ts';
import { text } from '../../../core/contract/fields.ts';
import { Engine } from '../../../platform/engine/duckdb.ts';
import { rejectedLines } from '../../../platform/engine/rejects.ts';
import { openSource } from '../../../platform/engine/source.ts';
import type { Fetched } from '../../../platform/fetch/index.ts';
import { defaultLimits } from '../../../platform/limits.ts';

const pairs = contract('test.pairs', {
  describe: 'Two columns.',
  row: z.object({ h1: text().optional(), h2: text().optional() }),
  duplicates: { rows: 'keep', keys: 'keep' },
});

/** An engine for the tests of a file. @returns what reads a fetched file with it: its records, and its lines that are none */
export function pairReader() {
  let engine: Engine;
  let scratch: string;
  beforeAll(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'wharf-fuzz-'));
    engine = await Engine.open({ dir: scratch, memoryMb: 300, threads: 1 });
  });
  afterAll(async () => {
    engine[Symbol.dispose]();
    await rm(scratch, { recursive: true, force: true });
  });
  return (file: Fetched, rowBytes = defaultLimits.rowBytes) =>
    engine.session(async (session) => {
      const source = await openSource(session, pairs, file, { rowBytes, threads: 1 });
      const [part] = source.parts;
      const rows = await session.rows(part!.firstScan);
      const selects = [...(await rejectedLines(session, part!)), ...(source.cutOut ? [source.cutOut] : [])];
      const lines = await Promise.all(selects.map((select) => session.rows(select)));
      return { rows, lines: lines.flat() };
    });
}

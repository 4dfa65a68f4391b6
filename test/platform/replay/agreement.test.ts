/** A refused row that nobody mended is refused again, for the same reasons, whatever format its file had. */
import { createReadStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Contract } from '../../../core/contract/model.ts';
import { quote } from '../../../core/contract/text.ts';
import { generateText } from '../../../core/generate/generate.ts';
import { noFix } from '../../../core/replay/model.ts';
import { datasets } from '../../../datasets/index.ts';
import { Engine } from '../../../platform/engine/duckdb.ts';
import { judge } from '../../../platform/engine/judge.ts';
import { openSource } from '../../../platform/engine/source.ts';
import { fetchFile } from '../../../platform/fetch/index.ts';
import { defaultLimits } from '../../../platform/limits.ts';
import { rejudge } from '../../../platform/replay/judge.ts';

let dir: string;
let engine: Engine;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'wharf-again-'));
  engine = await Engine.open({ dir, memoryMb: 300, threads: 1 });
});
afterAll(async () => {
  engine[Symbol.dispose]();
  await rm(dir, { recursive: true });
});

const ROWS = 400;
const seed = Number(process.env.WHARF_SEED ?? 7);

/** Judges a file. @returns the reasons, and its refused rows as a Parquet file */
async function refusedIn(contract: Contract, format: 'csv' | 'ndjson') {
  const name = `${contract.name}.${format}`;
  const [file, refused] = [join(dir, name), join(dir, `${name}.parquet`)];
  await writeFile(file, generateText(contract, { rows: ROWS, seed, format, defects: 0.5 }));
  const fetched = await fetchFile(createReadStream(file), { name, dir, limits: defaultLimits });
  if (!fetched.ok) throw new Error(fetched.reason);
  return engine.session(async (session) => {
    const source = await openSource(session, contract, fetched.file, { ...defaultLimits, threads: 1 });
    const { quarantined, reasons } = await judge(session, contract, source);
    await session.run(
      `COPY (SELECT row_number() OVER (ORDER BY _row, line) AS n, 'origin' AS origin, _row AS row, line, raw, reasons FROM refused) TO ${quote(refused)} (FORMAT parquet)`,
    );
    return { quarantined, reasons, refused };
  });
}

const cases = datasets.flatMap((contract) =>
  (['csv', 'ndjson'] as const).map((format) => ({ contract, format, name: contract.name })),
);

it.each(cases)('$name as $format', async ({ contract, format }) => {
  const { quarantined, reasons, refused } = await refusedIn(contract, format);
  expect(quarantined).toBeGreaterThan(0);
  const again = await engine.session(async (session) => {
    await session.run(`CREATE TABLE picked AS FROM read_parquet(${quote(refused)})`);
    return rejudge(session, contract, noFix);
  });
  expect(again).toMatchObject({ picked: quarantined, passing: 0 });
  expect(Object.fromEntries(again.failing.map(({ reason, rows }) => [reason, rows]))).toEqual(reasons);
});

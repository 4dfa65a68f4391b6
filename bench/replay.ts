/** How long does it take to mend 100,000 refused rows, judge them again and write what passes? */
import { createReadStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Contract } from '../core/contract/model.ts';
import { quote } from '../core/contract/text.ts';
import type { Delivery } from '../core/delivery/model.ts';
import { generateText } from '../core/generate/generate.ts';
import { evolveSchema, quarantineTableColumns, tableColumns } from '../core/lake/schema.ts';
import { readFix, type WrittenFix } from '../core/replay/fix.ts';
import type { ReplayHeader } from '../core/replay/model.ts';
import { dataset } from '../datasets/index.ts';
import { Engine } from '../platform/engine/duckdb.ts';
import type { Schemas } from '../platform/ingest/schemas.ts';
import { rejudge } from '../platform/replay/judge.ts';
import { writeReplay } from '../platform/replay/land.ts';
import { fetchReplay, produceReplay } from '../platform/replay/take.ts';
import { type Line, median, withFolder } from './support.ts';

const ROWS = 100_000;

/** Rows as the quarantine keeps them: fine ones, but for a sign. */
async function refusedRows(contract: Contract, dir: string): Promise<string> {
  const [csv, file] = [join(dir, 'good.csv'), join(dir, 'open.parquet')];
  await writeFile(csv, generateText(contract, { rows: ROWS, seed: 1, format: 'csv' }));
  using engine = await Engine.open({ dir, memoryMb: 1000 });
  const raw = `json_object(${contract.fields.map(({ name }) => `'${name}', ${name === 'quantity' ? "'-' || quantity" : name}`).join(', ')})`;
  await engine.session((session) =>
    session.run(
      `COPY (SELECT row_number() OVER () AS n, 'origin' AS origin, row_number() OVER () AS row, NULL::BIGINT AS line, CAST(${raw} AS VARCHAR) AS raw, ['out_of_range:quantity'] AS reasons FROM read_csv(${quote(csv)}, all_varchar = true)) TO ${quote(file)} (FORMAT parquet)`,
    ),
  );
  return file;
}

/** Milliseconds until rows are judged, and until their files are written. */
async function once(contract: Contract, open: string, fix: WrittenFix, dir: string) {
  await mkdir(dir, { recursive: true });
  const start = performance.now();
  const read = readFix(fix, contract);
  using engine = await Engine.open({ dir, memoryMb: 400, threads: 1 });
  const { object, judged } = await engine.session(async (session) => {
    await session.run(`CREATE TABLE picked AS FROM read_parquet(${quote(open)})`);
    const { passing, aliases } = await rejudge(session, contract, read);
    if (passing !== ROWS) throw new Error(`${passing} of ${ROWS} rows pass`);
    const at = performance.now() - start;
    const header: ReplayHeader = {
      release: 'replayed',
      dataset: contract.name,
      aliases,
      fix: read,
      by: 'bench',
    };
    return { object: await writeReplay(session, header, 'FROM passing', dir, 'rows'), judged: at };
  });
  const replay = await fetchReplay(createReadStream(object), dir);
  const schemas = {
    of: async () => ({
      data: evolveSchema(undefined, tableColumns(contract), 0).schema,
      quarantine: evolveSchema(undefined, quarantineTableColumns, 0).schema,
    }),
  } as unknown as Schemas;
  const entry = { delivery: 'replay', landed_at: new Date(0).toISOString() } as Delivery;
  await engine.session((session) =>
    produceReplay(session, replay, { entry, contract, dir, prefix: 'replay' }, { schemas }),
  );
  return { judged, written: performance.now() - start };
}

export async function replayBench(): Promise<Line[]> {
  return withFolder(async (dir) => {
    const contract = dataset('retailos.transactions');
    const open = await refusedRows(contract, dir);
    const fixes: Readonly<Record<string, WrittenFix>> = {
      'a constant': { set: ['quantity=1'] },
      'an expression': { sql: ['quantity = abs(quantity)'] },
    };
    const lines: Line[] = [];
    for (const [name, fix] of Object.entries(fixes)) {
      const runs = [];
      for (let i = 0; i < 3; i++) runs.push(await once(contract, open, fix, join(dir, `${name} ${i}`)));
      const [judged, written] = [median(runs.map((r) => r.judged)), median(runs.map((r) => r.written))];
      lines.push({
        question: `${ROWS.toLocaleString('en-GB')} refused rows mended by ${name}: judged; and written`,
        result: `${(judged / 1000).toFixed(2)} s; ${(written / 1000).toFixed(2)} s`,
        target: '< 5 s',
      });
    }
    return lines;
  });
}

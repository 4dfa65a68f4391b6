/** How much does judging cost over bare writing, and over a loop row by row? */
import { createReadStream } from 'node:fs';
import { cp, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'csv-parse';
import parquet from 'parquetjs-lite';
import { judgeRow } from '../core/contract/row.ts';
import { quote } from '../core/contract/text.ts';
import { evolveSchema, fieldIds, quarantineColumns, tableColumns } from '../core/lake/schema.ts';
import { dataset } from '../datasets/index.ts';
import { Engine } from '../platform/engine/duckdb.ts';
import { openSource } from '../platform/engine/source.ts';
import { writeAccepted, writeRefused } from '../platform/engine/write.ts';
import { fetchFile } from '../platform/fetch/index.ts';
import { defaultLimits } from '../platform/limits.ts';
import { type Line, onlineRetail, pair, time, withFolder } from './support.ts';

const contract = dataset('onlineretail.invoice_lines');
const ids = (columns: Parameters<typeof evolveSchema>[1]) =>
  fieldIds(evolveSchema(undefined, columns, 0).schema);

/** Fetch, judge and write: everything of `ingest` but the requests to AWS. */
async function ingest(engine: Engine, csv: string, dir: string): Promise<void> {
  await rm(dir, { recursive: true, force: true });
  await mkdir(dir, { recursive: true });
  const fetched = await fetchFile(createReadStream(csv, { highWaterMark: 1 << 20 }), {
    name: 'all.csv',
    dir,
    limits: defaultLimits,
  });
  if (!fetched.ok) throw new Error(fetched.reason);
  await engine.session(async (session) => {
    const source = await openSource(session, contract, fetched.file, {
      rowBytes: defaultLimits.rowBytes,
      threads: engine.threads,
    });
    const common = { delivery: 'bench', prefix: 'bench' };
    await writeAccepted(session, contract, source, {
      ...common,
      dir: join(dir, 'data'),
      fieldIds: ids(tableColumns(contract)),
    });
    await writeRefused(session, new Date(), {
      ...common,
      dir: join(dir, 'bad'),
      fieldIds: ids(quarantineColumns),
    });
  });
}

/** What DuckDB takes to do no more than type the columns and write them by month. */
async function bare(engine: Engine, csv: string, dir: string): Promise<void> {
  await rm(dir, { recursive: true, force: true });
  const columns = Array.from({ length: 8 }, (_, i) => `'c${i}': 'VARCHAR'`).join(', ');
  const typed =
    'c0, c1, c2, TRY_CAST(c3 AS BIGINT) AS q, TRY_CAST(c4 AS TIMESTAMP) AS t, TRY_CAST(c5 AS DECIMAL(18, 4)) AS p, c6, c7';
  await engine.session((session) =>
    session.run(
      `COPY (SELECT ${typed}, (year(t) - 1970) * 12 + month(t) AS m FROM read_csv(${quote(csv)}, auto_detect = false, header = true, delim = ',', quote = '"', escape = '"', columns = {${columns}})) TO ${quote(dir)} (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (m), OVERWRITE_OR_IGNORE)`,
    ),
  );
}

/** The loop one would write in a Lambda without an engine: parse, zod, parquetjs-lite. */
async function rowByRow(csv: string, dir: string): Promise<void> {
  await mkdir(dir, { recursive: true });
  const schema = new parquet.ParquetSchema(
    Object.fromEntries(contract.fields.map((f) => [f.name, { type: 'UTF8', optional: true }])),
  );
  const writer = await parquet.ParquetWriter.openFile(schema, join(dir, 'rows.parquet'));
  const aliases = new Map(contract.fields.flatMap((f) => f.aliases.map((alias) => [alias, f.name] as const)));
  const rows = createReadStream(csv).pipe(
    parse({ columns: (header: string[]) => header.map((name) => aliases.get(name) ?? name) }),
  );
  for await (const row of rows as AsyncIterable<Record<string, string>>) {
    const verdict = judgeRow(contract, row);
    if (verdict.ok)
      await writer.appendRow(Object.fromEntries(Object.entries(verdict.row).map(([k, v]) => [k, String(v)])));
  }
  await writer.close();
}

export async function ingestBench(): Promise<Line[]> {
  return withFolder(async (dir) => {
    const csv = await onlineRetail(dir);
    if (!csv)
      return [{ question: 'Online Retail, 541,909 rows', result: 'left out: ../shared/data is not here' }];
    using engine = await Engine.open({ dir, memoryMb: 400, threads: 2 });
    const work = join(dir, 'work');
    await ingest(engine, csv, work);
    const against = await pair(
      5,
      () => ingest(engine, csv, work),
      () => bare(engine, csv, join(dir, 'bare')),
    );
    const part = join(dir, 'part.csv');
    await cp(csv, part);
    const loop = await time(() => rowByRow(csv, join(dir, 'rows')));
    return [
      {
        question: '541,909-row CSV: fetch, judge, write',
        result: `${against.a.toFixed(0)} ms, ${Math.round(541_909 / against.a)} K rows/s`,
      },
      {
        question: '… over bare DuckDB (typed, by month)',
        result: `${against.ratio.toFixed(2)} × (bare ${against.b.toFixed(0)} ms)`,
        target: '≤ 1.6 ×',
      },
      {
        question: '… against zod + parquetjs-lite, row by row',
        result: `${(loop / against.a).toFixed(0)} × faster (${(loop / 1000).toFixed(1)} s)`,
        target: '≥ 12 ×',
      },
      {
        question: 'Peak memory of this process',
        result: `${Math.round(process.resourceUsage().maxRSS / 1024)} MB`,
        target: '< 450 MB',
      },
    ];
  });
}

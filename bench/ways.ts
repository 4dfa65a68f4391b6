/**
 * Three ways from one CSV file to Parquet, each run in a process of its own so that its memory is its own:
 * `node bench/ways.ts WAY CSV RUNS` prints `{ ms: number[], memoryMb, rows }` as JSON.
 */
import { createReadStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
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
import { time, withFolder } from './support.ts';

const contract = dataset('onlineretail.invoice_lines');
const ids = (columns: Parameters<typeof evolveSchema>[1]) =>
  fieldIds(evolveSchema(undefined, columns, 0).schema);

/** Does the job once; returns the rows it read. */
type Way = (engine: Engine, csv: string, dir: string) => Promise<number>;

/** Fetch, judge and write: everything `ingest` does but its requests to AWS. */
const wharf: Way = async (engine, csv, dir) => {
  const { rowBytes } = defaultLimits;
  const source = createReadStream(csv, { highWaterMark: 1 << 20 });
  const fetched = await fetchFile(source, { name: 'all.csv', dir, limits: defaultLimits });
  if (!fetched.ok) throw new Error(fetched.reason);
  return engine.session(async (session) => {
    const opened = await openSource(session, contract, fetched.file, { rowBytes, threads: 2 });
    const common = { delivery: 'bench', prefix: 'bench' };
    const { judged } = await writeAccepted(session, contract, opened, {
      ...common,
      dir: join(dir, 'data'),
      fieldIds: ids(tableColumns(contract)),
    });
    await writeRefused(session, new Date(), {
      ...common,
      dir: join(dir, 'bad'),
      fieldIds: ids(quarantineColumns),
    });
    return judged.read;
  });
};

/** What DuckDB takes to do no more than type the columns and write them by month. */
const bare: Way = async (engine, csv, dir) => {
  const columns = Array.from({ length: 8 }, (_, i) => `'c${i}': 'VARCHAR'`).join(', ');
  const typed =
    'c0, c1, c2, TRY_CAST(c3 AS BIGINT) AS q, TRY_CAST(c4 AS TIMESTAMP) AS t, TRY_CAST(c5 AS DECIMAL(18, 4)) AS p, c6, c7';
  return engine.session(async (session) => {
    const written = await session.row(
      `COPY (SELECT ${typed}, (year(t) - 1970) * 12 + month(t) AS m FROM read_csv(${quote(csv)}, auto_detect = false, header = true, delim = ',', quote = '"', escape = '"', columns = {${columns}})) TO ${quote(dir)} (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (m), OVERWRITE_OR_IGNORE)`,
    );
    return Number(written.Count);
  });
};

/** The loop one would write in a Lambda without an engine: parse, zod, parquetjs-lite. */
const rows: Way = async (_, csv, dir) => {
  const columns = contract.fields.map(({ name }) => [name, { type: 'UTF8', optional: true }] as const);
  const schema = new parquet.ParquetSchema(Object.fromEntries(columns));
  const writer = await parquet.ParquetWriter.openFile(schema, join(dir, 'rows.parquet'));
  const aliases = new Map(contract.fields.flatMap((f) => f.aliases.map((alias) => [alias, f.name] as const)));
  const header = (names: string[]): string[] => names.map((name) => aliases.get(name) ?? name);
  let read = 0;
  for await (const row of createReadStream(csv).pipe(parse({ columns: header }))) {
    read++;
    const verdict = judgeRow(contract, row);
    if (verdict.ok)
      await writer.appendRow(Object.fromEntries(Object.entries(verdict.row).map(([k, v]) => [k, String(v)])));
  }
  await writer.close();
  return read;
};

/** Threads of the engine: `wharf` reads parts side by side instead, as `ingest-file` does. */
const ways: Readonly<Record<string, { run: Way; threads: number }>> = {
  wharf: { run: wharf, threads: 1 },
  bare: { run: bare, threads: 2 },
  rows: { run: rows, threads: 1 },
};

const [name = '', csv = '', runs = '1'] = process.argv.slice(2);
const way = ways[name];
if (!way) throw new Error(`No way "${name}": ${Object.keys(ways).join(', ')}`);
await withFolder(async (dir) => {
  using engine = await Engine.open({ dir, memoryMb: 400, threads: way.threads });
  const ms: number[] = [];
  let read = 0;
  for (let i = 0; i < Number(runs); i++) {
    const work = join(dir, `run-${i}`);
    await mkdir(work);
    ms.push(
      await time(async () => {
        read = await way.run(engine, csv, work);
      }),
    );
    await rm(work, { recursive: true });
  }
  console.log(
    JSON.stringify({ ms, rows: read, memoryMb: Math.round(process.resourceUsage().maxRSS / 1024) }),
  );
});

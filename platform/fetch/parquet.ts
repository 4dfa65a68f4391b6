/**
 * Parquet as Parquet that can be trusted. DuckDB believes much of what such a file says of itself, and a hostile one
 * takes the process down: so it is read in a process of its own, once, and what the pipeline reads was written here.
 */
import { execFile } from 'node:child_process';
import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { reason } from '../../core/contract/reasons.ts';
import { ident, quote } from '../../core/contract/text.ts';
import { Engine, type Session } from '../engine/duckdb.ts';
import { type FetchLimits, FileFault } from './model.ts';
import { RATIO_MATTERS } from './spool.ts';

type ParquetLimits = Omit<FetchLimits, 'nesting'>;

interface Landed {
  readonly path: string;
  /** Of the object as it landed. */
  readonly bytes: number;
  readonly limits: ParquetLimits;
}

/** What DuckDB may use for the pages of one row group, in MB. */
const MEMORY_MB = 512;
/** Says to this file, or to the bundle it is in, that it was started as the other process. */
const ROLE = 'rewrite-parquet';

const run = promisify(execFile);
const fault = (how: string, cause?: unknown): FileFault =>
  new FileFault(reason('unreadable_file', how), cause);

/**
 * Rewrites a Parquet file in place: the same columns, their values as text, lists and structures as JSON.
 * @throws FileFault `unreadable_file:parquet_…`, `too_many_columns:<n>`, `too_large:…`
 */
export async function rewriteParquet(landed: Landed, size: number): Promise<void> {
  await checkEnds(landed.path, size);
  const told = await run(process.execPath, [
    fileURLToPath(import.meta.url),
    ROLE,
    JSON.stringify(landed),
  ]).catch((error: { signal?: string }) => {
    if (error.signal) throw fault('parquet_invalid', error);
    throw error;
  });
  const refused = told.stdout.trim();
  if (refused) throw new FileFault(refused);
  await rename(rewritten(landed.path), landed.path);
}

async function checkEnds(path: string, size: number): Promise<void> {
  await using file = await open(path);
  const { buffer } = await file.read(Buffer.alloc(4), 0, 4, Math.max(0, size - 4));
  if (size < 12 || buffer.toString('latin1') !== 'PAR1') throw fault('parquet_truncated');
}

const rewritten = (path: string): string => `${path}.rewritten`;

/** Types that have no text of their own. */
const nested = /\[\d*\]$|^STRUCT|^MAP|^UNION|^JSON$/;

async function rewrite(session: Session, { path, bytes, limits }: Landed): Promise<void> {
  const from = `read_parquet(${quote(path)})`;
  const described = await session.rows(`DESCRIBE SELECT * FROM ${from}`);
  if (described.length > limits.columns)
    throw new FileFault(reason('too_many_columns', String(described.length)));
  const columns = described.map(({ column_name, column_type }) => {
    const name = ident(String(column_name));
    const isNested = nested.test(String(column_type));
    return { name, text: isNested ? `to_json(${name})` : `CAST(${name} AS VARCHAR)` };
  });
  const most = (what: string, bytes: unknown, allowed: number): void => {
    if (Number(bytes) > allowed) throw new FileFault(reason('too_large', what));
  };
  // Many rows may stand in few bytes: a row that is nothing counts as one.
  const ratio = Math.max(RATIO_MATTERS, bytes * limits.compressionRatio);
  const { rows } = await session.row(`SELECT count(*) AS rows FROM ${from}`);
  most('ratio', rows, ratio);
  const width = columns.map(({ text }) => `coalesce(strlen(${text}), 0)`).join(' + ');
  const { widest, all } = await session.row(
    `SELECT max(width) AS widest, CAST(sum(width) AS DOUBLE) AS all FROM (SELECT ${width} AS width FROM ${from})`,
  );
  most('row', widest, limits.rowBytes);
  most('decompressed', all, limits.decompressedBytes);
  most('ratio', all, ratio);
  const texts = columns.map(({ name, text }) => `${text} AS ${name}`).join(', ');
  await session.run(
    `COPY (SELECT ${texts} FROM ${from}) TO ${quote(rewritten(path))} (FORMAT parquet, COMPRESSION snappy)`,
  );
}

/** What another try may mend; all else is the file's fault. */
const PASSING = /No space left/i;

/** The other process: says why the file is refused, or nothing. */
async function main(landed: Landed): Promise<string> {
  using engine = await Engine.open({ dir: dirname(landed.path), memoryMb: MEMORY_MB, threads: 1 });
  return await engine.session(async (session) => {
    try {
      await rewrite(session, landed);
      return '';
    } catch (error) {
      if (error instanceof FileFault) return error.reason;
      const { message } = error as Error;
      if (PASSING.test(message)) throw error;
      return /^Out of Memory/i.test(message)
        ? reason('too_large', 'row_group')
        : reason('unreadable_file', 'parquet_invalid');
    }
  });
}

if (process.argv[2] === ROLE) process.stdout.write(await main(JSON.parse(process.argv[3]!) as Landed));

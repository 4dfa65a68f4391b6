/** A file's columns, read as ingestion reads them. */
import { ident, quote } from '../../core/contract/text.ts';
import type { Session } from '../../platform/engine/duckdb.ts';
import type { Fetched } from '../../platform/fetch/index.ts';
import { defaultLimits } from '../../platform/limits.ts';
import type { Column } from './model.ts';
import { keysOf, type Part, shapesOf } from './shape.ts';

const LINE = defaultLimits.rowBytes;
/** Broken lines are another command's concern: `check` names them. */
const lenient = `auto_detect = false, ignore_errors = true, max_line_size = ${LINE}, buffer_size = ${LINE * 2}`;

type Reader = (file: Fetched, session: Session) => Promise<readonly [parts: readonly Part[], from: string]>;

const csv = async (file: Fetched & { format: 'csv' }): Promise<readonly [Part[], string]> => {
  const columns = file.header.map((_, i) => `c${i}: 'VARCHAR'`).join(', ');
  return [
    // Whether a cell holds JSON only its text tells.
    file.header.map((name, i) => ({ name, text: `c${i}`, container: 'CAST(NULL AS BOOLEAN)' })),
    `read_csv(${quote(file.path)}, header = true, delim = ${quote(file.delimiter)}, quote = '"', escape = '"', columns = {${columns}}, strict_mode = true, ${lenient})`,
  ];
};

const ndjson = async (file: Fetched, session: Session): Promise<readonly [Part[], string]> => {
  const lines = `read_csv(${quote(file.path)}, header = false, delim = '', quote = '', escape = '', columns = {'line': 'VARCHAR'}, ${lenient})`;
  const from = `(SELECT line FROM ${lines} WHERE CASE WHEN json_valid(line) THEN json_type(line) = 'OBJECT' ELSE false END)`;
  return [await keysOf(session, 'line', from), from];
};

const parquet = async (file: Fetched, session: Session): Promise<readonly [Part[], string]> => {
  const from = `read_parquet(${quote(file.path)})`;
  const described = await session.rows(`DESCRIBE SELECT * FROM ${from}`);
  const parts = described.map(({ column_name, column_type }) => {
    const name = String(column_name);
    const nested = /\[\]$|^(STRUCT|MAP|UNION|JSON)/.test(String(column_type));
    const value = nested ? `to_json(${ident(name)})` : ident(name);
    return { name, text: `CAST(${value} AS VARCHAR)`, container: String(nested) };
  });
  return [parts, from];
};

const readers: Readonly<Record<Fetched['format'], Reader>> = { csv: csv as Reader, ndjson, parquet };

/** What stands in each column of a file. */
export async function columnsOf(session: Session, file: Fetched): Promise<Column[]> {
  const [parts, from] = await readers[file.format](file, session);
  return parts.length ? shapesOf(session, parts, from) : [];
}

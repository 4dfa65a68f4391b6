/** A normalized file as a DuckDB relation: one row a record, each field of the contract found as text. */
import { headerKey } from '../../core/contract/contract.ts';
import type { Contract, Field } from '../../core/contract/model.ts';
import { jsonText, pointer, type TextColumn } from '../../core/contract/sql-type.ts';
import { ident, quote } from '../../core/contract/text.ts';
import type { Fetched } from '../fetch/index.ts';
import { cutAtRecords, type Piece } from './cut.ts';
import type { Session } from './duckdb.ts';
import { linesSql } from './rejects.ts';

/** A part of a file. Parts are read side by side: numbering rows keeps DuckDB to one thread a part. */
export interface Part {
  /** `SELECT` of the records with `_row`, their ordinal in the part from 1. Reads the part each time. */
  readonly relation: string;
  /** The same, collecting lines that cannot be split in the table `reject_errors`. Use for the first scan. */
  readonly firstScan: string;
  readonly path: string;
  /** The files with the parts before this one. */
  readonly piecesBefore: readonly string[];
}

export interface Source {
  readonly parts: readonly Part[];
  column(field: Field): TextColumn;
  /** SQL of the record as JSON text, values verbatim. */
  readonly raw: string;
  /** `SELECT` of records as the parts give them, from `(_row, raw)`. */
  again(refused: string): string;
  /** SQL of the values no field claims, as JSON text or null; absent where there cannot be any. */
  readonly rescued?: string;
  /** SQL expressions that together are the whole record. */
  readonly identity: readonly string[];
  /** SQL that is true for a record that cannot be split into fields. */
  readonly malformed: string;
  /** Columns no field claims; empty where each record has its own (JSON). */
  readonly unknown: readonly string[];
  /** Fields the file has no column for; always empty for JSON. */
  readonly missing: readonly string[];
  /** `SELECT` of the lines fetching cut out, with their line numbers. */
  readonly cutOut?: string;
  /** Whether lines may end up in `reject_errors`. */
  readonly rejects: boolean;
}

/** A named column of a file and the SQL of its text. */
interface Column {
  readonly name: string;
  readonly text: string;
  readonly container?: string;
}

const numbered = (from: string): string => `SELECT *, row_number() OVER () AS _row FROM ${from}`;

/** Which column each field reads: by name or alias, without regard to case and punctuation. */
function claim(contract: Contract, columns: readonly Column[]): Map<string, Column> {
  const claimed = new Map<string, Column>();
  const byKey = new Map(columns.map((column) => [headerKey(column.name), column]));
  for (const { name, aliases } of contract.fields) {
    const column = [name, ...aliases].map((alias) => byKey.get(headerKey(alias))).find(Boolean);
    if (column) claimed.set(name, column);
  }
  return claimed;
}

function jsonObject(columns: readonly Column[]): string {
  return `CAST(json_object(${columns.map((c) => `${quote(c.name)}, ${c.text}`).join(', ')}) AS VARCHAR)`;
}

/** What CSV and Parquet share: named columns, known before the first record is read. */
function columnar(contract: Contract, columns: readonly Column[]) {
  const claimed = claim(contract, columns);
  const taken = new Set(claimed.values());
  const unknown = columns.filter((column) => !taken.has(column));
  const anyUnknown = `coalesce(${[...unknown.map((c) => c.text), 'NULL'].join(', ')}) IS NOT NULL`;
  return {
    column: (field: Field): TextColumn => {
      const column = claimed.get(field.name);
      return { sql: column?.text, container: column?.container };
    },
    raw: jsonObject(columns),
    again: (refused: string): string => {
      const texts = columns.map((c) => `json_extract_string(raw, ${quote(pointer(c.name))}) AS ${c.text}`);
      return `SELECT _row, raw, ${texts.join(', ')} FROM (${refused})`;
    },
    rescued: unknown.length ? `CASE WHEN ${anyUnknown} THEN ${jsonObject(unknown)} END` : undefined,
    identity: columns.map((c) => c.text),
    malformed: 'false',
    unknown: unknown.map((c) => c.name),
    missing: contract.fields.filter((f) => !claimed.has(f.name)).map((f) => f.name),
  };
}

export interface SourceOptions {
  /** How many parts a large file is cut into. */
  readonly threads: number;
  /** Bytes below which a file is not cut. @default 8 MB */
  readonly worthCutting?: number;
  /** Longest line in bytes; longer ones are malformed. */
  readonly rowBytes: number;
}

/** DuckDB's CSV buffer must hold the longest line; small buffers keep memory down. */
const bufferSize = (rowBytes: number): number => Math.max(4 << 20, rowBytes * 2);

async function csv(
  contract: Contract,
  file: Fetched & { format: 'csv' },
  { rowBytes, ...cutting }: SourceOptions,
): Promise<Source> {
  const columns = file.header.map((name, i): Column => ({ name, text: `c${i}` }));
  const types = columns.map((c) => `'${c.text}': 'VARCHAR'`).join(', ');
  const read = ({ path, first }: Piece, more: string) =>
    numbered(
      `read_csv(${quote(path)}, auto_detect = false, header = ${first}, delim = ${quote(file.delimiter)}, quote = '"', escape = '"', columns = {${types}}, strict_mode = true, max_line_size = ${rowBytes}, buffer_size = ${bufferSize(rowBytes)}, ${more})`,
    );
  const whole = file.records === 'unknown' ? { threads: 1 } : cutting;
  const pieces = await cutAtRecords(file.path, whole, file.records === 'quoted' ? '"' : undefined);
  return {
    ...columnar(contract, columns),
    parts: pieces.map((piece, i) => ({
      path: piece.path,
      piecesBefore: pieces.slice(0, i).map(({ path }) => path),
      firstScan: read(piece, 'store_rejects = true, rejects_limit = 0'),
      relation: read(piece, 'ignore_errors = true'),
    })),
    rejects: true,
  };
}

async function ndjson(
  contract: Contract,
  file: Fetched & { format: 'ndjson' },
  { rowBytes, ...cutting }: SourceOptions,
): Promise<Source> {
  const isRecord = (line: string) =>
    `CASE WHEN json_valid(${line}) THEN json_type(${line}) = 'OBJECT' ELSE false END`;
  const records = (from: string): string =>
    `SELECT *, CASE WHEN is_record THEN line ELSE '{}' END AS record FROM (SELECT *, ${isRecord('line')} AS is_record FROM (${from}))`;
  const lines = ({ path }: Piece, more: string) =>
    records(
      `SELECT * FROM (${numbered(
        `read_csv(${quote(path)}, auto_detect = false, header = false, delim = '', quote = '', escape = '', columns = {'line': 'VARCHAR'}, max_line_size = ${rowBytes}, buffer_size = ${bufferSize(rowBytes)}, ${more})`,
      )}) WHERE line IS NOT NULL`,
    );
  const names = contract.fields.flatMap(({ name, aliases }) => [name, ...aliases]);
  const known = names.map(quote).join(', ');
  const unknown = `list_distinct(list_filter(json_keys(record), lambda k: k NOT IN (${known})))`;
  const value = `json_extract(record, '/' || replace(replace(k, '~', '~0'), '/', '~1'))`;
  const pieces = await cutAtRecords(file.path, cutting);
  return {
    parts: pieces.map((piece, i) => ({
      path: piece.path,
      piecesBefore: pieces.slice(0, i).map(({ path }) => path),
      firstScan: lines(piece, 'store_rejects = true, rejects_limit = 0'),
      relation: lines(piece, 'ignore_errors = true'),
    })),
    column: (field) => {
      const found = [field.name, ...field.aliases].map((name) =>
        jsonText('record', pointer(name), field.type),
      );
      return {
        sql: found.length === 1 ? found[0]!.sql : `coalesce(${found.map((f) => f.sql).join(', ')})`,
        container: file.lines === 'xml' ? undefined : found.map((f) => f.container).join(' OR '),
      };
    },
    raw: 'line',
    again: (refused) => records(`SELECT _row, raw, raw AS line FROM (${refused})`),
    rescued: `CASE WHEN len(${unknown}) > 0 THEN CAST(to_json(map_from_entries(list_transform(${unknown}, lambda k: {'k': k, 'v': ${value}}))) AS VARCHAR) END`,
    identity: ['line'],
    malformed: 'NOT is_record',
    unknown: [],
    missing: [],
    rejects: true,
  };
}

const nested = /\[\]$|^STRUCT|^MAP|^UNION|^JSON$/;

async function parquet(
  contract: Contract,
  file: Fetched & { format: 'parquet' },
  session: Session,
): Promise<Source> {
  const read = `read_parquet(${quote(file.path)})`;
  const described = (await session.rows(`DESCRIBE SELECT * FROM ${read}`)) as {
    column_name: string;
    column_type: string;
  }[];
  const isNested = described.map(({ column_type: type }) => nested.test(type));
  const columns = described.map(
    ({ column_name: name }, i): Column => ({
      name,
      text: `c${i}`,
      container: isNested[i] ? 'true' : undefined,
    }),
  );
  const texts = described.map(({ column_name: name }, i) => {
    const text = isNested[i] ? `to_json(${ident(name)})` : ident(name);
    return `CAST(${text} AS VARCHAR) AS c${i}`;
  });
  const relation = `SELECT ${texts.join(', ')}, file_row_number + 1 AS _row FROM read_parquet(${quote(file.path)}, file_row_number = true)`;
  return {
    ...columnar(contract, columns),
    parts: [{ path: file.path, piecesBefore: [], firstScan: relation, relation }],
    rejects: false,
  };
}

/** Opens a normalized file. @throws when a Parquet file's footer cannot be read. */
export async function openSource(
  session: Session,
  contract: Contract,
  file: Fetched,
  options: SourceOptions,
): Promise<Source> {
  const source = await open(session, contract, file, options);
  if (!file.cutOut) return source;
  return { ...source, cutOut: await linesSql(file.cutOut) };
}

function open(session: Session, contract: Contract, file: Fetched, options: SourceOptions): Promise<Source> {
  switch (file.format) {
    case 'csv':
      return csv(contract, file, options);
    case 'ndjson':
      return ndjson(contract, file, options);
    case 'parquet':
      return parquet(contract, file, session);
  }
}

/** A normalized file as a DuckDB relation: one row a record, each field of the contract found as text. */
import type { Contract } from '../../core/contract/model.ts';
import type { Judged } from '../../core/contract/sql.ts';
import type { Fetched } from '../fetch/index.ts';
import { csv } from './csv.ts';
import type { Session } from './duckdb.ts';
import { ndjson } from './ndjson.ts';
import { parquet } from './parquet.ts';
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

export interface Source extends Judged {
  readonly parts: readonly Part[];
  /** SQL of the record as JSON text, values verbatim. */
  readonly raw: string;
  /** `SELECT` of records as the parts give them, from `(_row, raw)`. */
  again(refused: string): string;
  /** SQL of the values no field claims, as JSON text or null; absent where there cannot be any. */
  readonly rescued?: string;
  /** SQL expressions that together are the whole record. */
  readonly identity: readonly string[];
  /** Columns by name, and the SQL of their text; empty where each record has its own (JSON). */
  readonly named: readonly { readonly name: string; readonly text: string; readonly container?: string }[];
  /** Columns no field claims; empty where each record has its own (JSON). */
  readonly unknown: readonly string[];
  /** No column is a field's: another file than was meant, or one without a header. */
  readonly unrelated: boolean;
  /** `SELECT` of the lines fetching cut out, with their line numbers. */
  readonly cutOut?: string;
  /** Whether lines may end up in `reject_errors`. */
  readonly rejects: boolean;
}

export interface SourceOptions {
  /** How many parts a large file is cut into. */
  readonly threads: number;
  /** Bytes below which a file is not cut. @default 4 MB */
  readonly worthCutting?: number;
  /** Longest line in bytes; longer ones are malformed. */
  readonly rowBytes: number;
  /** Most names a JSON record may have; one with more is malformed. @default as deployed */
  readonly columns?: number;
}

/** Opens a normalized file. */
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

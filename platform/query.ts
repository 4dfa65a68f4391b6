/** Queries the lake with DuckDB: every table is the current snapshot, read by field id as Iceberg asks. */

import { createHash } from 'node:crypto';
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ident, quote } from '../core/contract/text.ts';
import { WharfError } from '../core/errors.ts';
import { type Named, snapshotAt } from '../core/lake/history.ts';
import { currentSnapshot, type TableMetadata } from '../core/lake/metadata.ts';
import type { Catalog, Files } from '../core/lake/model.ts';
import { mayHold } from '../core/lake/prune.ts';
import { listedIn } from '../core/lake/scan.ts';
import type { IcebergField, IcebergType } from '../core/lake/schema.ts';
import { loadTable } from '../core/lake/table.ts';
import type { Engine, Row, Session } from './engine/duckdb.ts';

export interface LakeOptions {
  readonly catalog: Catalog;
  readonly objects: Files;
  readonly engine: Engine;
  /** Folder for data files that were read; their names never change, so they never go stale. */
  readonly cacheDir: string;
  /** A file on this disk that holds a path's bytes already, on one machine. */
  readonly locate?: (path: string) => string | undefined;
}

export interface QueryResult {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly Row[];
}

/** What of the tables a query is to see. */
export interface View {
  /** The moment whose rows and columns are shown; a snapshot of one table is a moment for the others. @default now */
  readonly at?: Named;
  /** Only rows with these values in these columns are asked for: files that hold none are not opened. */
  readonly holding?: Readonly<Record<string, string>>;
}

/** How many data files are fetched side by side. */
const FETCHES = 16;

export class Lake {
  readonly #options: LakeOptions;
  /** One query at a time: two would define the same views, each for its own snapshot. */
  #before: Promise<unknown> = Promise.resolve();

  constructor(options: LakeOptions) {
    this.#options = options;
  }

  /** All tables, quarantine tables (`…__quarantine`) among them. */
  tables(): Promise<readonly string[]> {
    return this.#options.catalog.list();
  }

  /**
   * Runs one query. Tables are written `domain.dataset`.
   * @throws WharfError `query.failed` with DuckDB's message, and the tables there are when one is missing
   * @example (await lake.query('SELECT count(*) AS n FROM retailos.stores')).rows[0].n
   */
  query(sql: string, view: View = {}): Promise<QueryResult> {
    const answer = this.#before.then(() => this.#answer(sql, view));
    this.#before = answer.catch(() => {});
    return answer;
  }

  async #answer(sql: string, view: View): Promise<QueryResult> {
    const tables = await this.tables();
    const used = tables.filter((table) => mentions(sql, table));
    return this.#options.engine.session(async (session) => {
      const found = await Promise.all(used.map((table) => this.#load(table)));
      const { at } = view;
      for (const one of found)
        await this.#attach(session, one, { ...view, at: at && momentIn(one, found, at) });
      try {
        return await session.result(sql);
      } catch (cause) {
        const fix = /does not exist|Catalog Error/.test(String(cause))
          ? `Tables: ${tables.join(', ') || 'none yet: land a file first'}`
          : undefined;
        throw new WharfError(`The query failed: ${(cause as Error).message}`, {
          code: 'query.failed',
          route: 'usage',
          fix,
          cause,
        });
      }
    });
  }

  async #load(table: string): Promise<Loaded> {
    const { catalog, objects } = this.#options;
    return { table, metadata: (await loadTable(catalog, objects, table))!.metadata };
  }

  async #attach(session: Session, { table, metadata }: Loaded, { at, holding }: View): Promise<void> {
    const snapshot = at ? snapshotAt(metadata, at, table) : currentSnapshot(metadata);
    const schema = metadata.schemas.find((s) => s['schema-id'] === snapshot['schema-id'])!;
    const live = (await listedIn(snapshot, this.#options.objects)).map(({ entry }) => entry.data_file);
    if (live.some(({ content }) => content !== 0))
      throw new WharfError(`Another program deleted single rows of ${table}; they would still show here`, {
        code: 'query.row_deletes',
        fix: 'Have it rewrite the files without those rows (in Athena: OPTIMIZE), or query the table there',
      });
    const paths = live
      .filter((file) => holding === undefined || mayHold(file, holding, schema))
      .map(({ file_path }) => file_path);
    const files: string[] = [];
    for (let i = 0; i < paths.length; i += FETCHES)
      files.push(...(await Promise.all(paths.slice(i, i + FETCHES).map((path) => this.#fetch(path)))));
    const [domain, name] = table.split('.') as [string, string];
    await session.run(`CREATE SCHEMA IF NOT EXISTS ${ident(domain)}`);
    await session.run(
      `CREATE OR REPLACE VIEW ${ident(domain)}.${ident(name)} AS ${scanSql(schema.fields, files)}`,
    );
  }

  async #fetch(path: string): Promise<string> {
    const there = this.#options.locate?.(path);
    if (there && (await exists(there))) return there;
    const cached = join(this.#options.cacheDir, `${createHash('sha256').update(path).digest('hex')}.parquet`);
    if (await exists(cached)) return cached;
    await mkdir(this.#options.cacheDir, { recursive: true });
    const partial = `${cached}.${process.pid}`;
    try {
      await writeFile(partial, await this.#options.objects.read(path));
      await rename(partial, cached);
    } finally {
      await rm(partial, { force: true });
    }
    return cached;
  }
}

interface Loaded {
  readonly table: string;
  readonly metadata: TableMetadata;
}

/** A moment for one of several tables: its own snapshot, or the time of another's. */
function momentIn({ metadata }: Loaded, tables: readonly Loaded[], at: Named): Named {
  if ('at' in at) return at;
  const own = (of: TableMetadata) => of.snapshots.find((s) => s['snapshot-id'] === at.snapshot);
  const other = own(metadata) ? undefined : tables.flatMap((one) => own(one.metadata) ?? [])[0];
  return other ? { at: other['timestamp-ms'] } : at;
}

const exists = (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    () => false,
  );

/** Whether a query names a table, as a whole word, quoted or not. */
function mentions(sql: string, table: string): boolean {
  const [domain, name] = table.split('.') as [string, string];
  return new RegExp(`(^|[^\\w])"?${domain}"?\\s*\\.\\s*"?${name}"?($|[^\\w])`, 'i').test(sql);
}

/** `SELECT` of files on this disk by the fields of a table, whatever the columns were called when they were written. */
export function scanSql(fields: readonly IcebergField[], files: readonly string[]): string {
  if (files.length === 0)
    return `SELECT ${fields.map((f) => `CAST(NULL AS ${duckdbOf(f.type)}) AS ${ident(f.name)}`).join(', ')} WHERE false`;
  const columns = fields.map(
    (f) => `${f.id}: {name: ${quote(f.name)}, type: ${quote(duckdbOf(f.type))}, default_value: NULL}`,
  );
  return `SELECT * FROM read_parquet([${files.map(quote).join(', ')}], schema = MAP {${columns.join(', ')}})`;
}

const primitives: Readonly<Record<string, string>> = {
  string: 'VARCHAR',
  long: 'BIGINT',
  int: 'INTEGER',
  double: 'DOUBLE',
  float: 'FLOAT',
  boolean: 'BOOLEAN',
  date: 'DATE',
  timestamptz: 'TIMESTAMPTZ',
};

function duckdbOf(type: IcebergType): string {
  if (typeof type === 'string') return primitives[type] ?? type.toUpperCase();
  if (type.type === 'list') return `${duckdbOf(type.element)}[]`;
  return `STRUCT(${type.fields.map((f) => `${ident(f.name)} ${duckdbOf(f.type)}`).join(', ')})`;
}

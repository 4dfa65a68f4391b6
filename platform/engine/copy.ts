/** Parquet files from a relation, split by partition and by what becomes of a row. */
import { mkdir } from 'node:fs/promises';
import type { Partition } from '../../core/contract/model.ts';
import { ident, quote } from '../../core/contract/text.ts';
import type { ColumnStats, DataFile } from '../../core/lake/model.ts';
import type { Row, Session } from './duckdb.ts';
import { outcome } from './verdict.ts';

/** Field ids by column, nested as DuckDB's FIELD_IDS takes them: a number, or `{ id, children }`. */
export type FieldIds = Readonly<Record<string, FieldId>>;
export type FieldId = number | { readonly id: number; readonly children: FieldIds };

/** A file on local disk, not yet under its final path, and what its rows are. */
export interface LocalFile extends DataFile {
  readonly outcome: number;
}

/** A partition and the SQL of its value. */
export interface Key {
  readonly partition: Partition;
  readonly value: string;
}

export interface CopyOptions {
  /** Folder the files are written to; it is made. */
  readonly dir: string;
  /** Start of every file name. */
  readonly prefix: string;
  readonly fieldIds: FieldIds;
}

/** Rows a file keeps in memory for a partition before they are flushed: fewer means less memory and larger files. */
const ROW_GROUP = 61_440;

/** Below every year, month, day and bucket there is. */
const APART = -2_147_483_648;
const numbers = new Set<Partition['transform']>(['year', 'month', 'day', 'bucket']);

/**
 * Splitting by one key more costs a tenth of the writing, so the outcome rides in the first key where that is a
 * number, and is a key of its own where it is not.
 */
const rides = (keys: readonly Key[]): boolean =>
  keys[0] !== undefined && numbers.has(keys[0].partition.transform);

/** The partitioning columns `k0`, `k1`, …; `rows` needs a column `outcome`. */
function keysSql(keys: readonly Key[]): string[] {
  const [first, ...rest] = rides(keys)
    ? keys.map(({ value }) => value)
    : ['0', ...keys.map(({ value }) => value)];
  const accepted = (value: string, otherwise: string): string =>
    `CASE WHEN outcome = ${outcome.accepted} THEN ${value} ELSE ${otherwise} END`;
  return [accepted(first!, `${APART} + outcome`), ...rest.map((value) => accepted(value, 'NULL'))];
}

/** Writes `SELECT columns FROM rows`, where `rows` has a column `outcome`. */
export async function copy(
  session: Session,
  columns: Readonly<Record<string, string>>,
  rows: string,
  keys: readonly Key[],
  { dir, prefix, fieldIds }: CopyOptions,
): Promise<LocalFile[]> {
  await mkdir(dir, { recursive: true });
  const by = keysSql(keys);
  const selected = [
    ...Object.entries(columns).map(([name, sql]) => `${sql} AS ${ident(name)}`),
    ...by.map((sql, i) => `${sql} AS k${i}`),
  ];
  const ids = Object.fromEntries(Object.keys(columns).map((name) => [name, fieldIds[name]!]));
  const options = [
    'FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, RETURN_STATS, OVERWRITE_OR_IGNORE',
    // A value is no folder name: it may be too long for one, and it would show in errors.
    'HIVE_FILE_PATTERN false',
    `ROW_GROUP_SIZE ${ROW_GROUP}`,
    `FIELD_IDS ${fieldIdsSql(ids)}`,
    `PARTITION_BY (${by.map((_, i) => `k${i}`).join(', ')})`,
    `FILENAME_PATTERN ${quote(`${prefix}_{i}`)}`,
  ];
  const written = await session.rows(
    `COPY (SELECT ${selected.join(', ')} FROM (${rows})) TO ${quote(dir)} (${options.join(', ')})`,
  );
  return written.filter((file) => Number(file.count) > 0).map((file) => localFile(file, keys));
}

function fieldIdsSql(ids: FieldIds): string {
  const entries = Object.entries(ids).map(([name, id]) =>
    typeof id === 'number'
      ? `${ident(name)}: ${id}`
      : `${ident(name)}: {__duckdb_field_id: ${id.id}, ${fieldIdsSql(id.children).slice(1)}`,
  );
  return `{${entries.join(', ')}}`;
}

function localFile(row: Row, keys: readonly Key[]): LocalFile {
  const values = new Map(entries(row.partition_keys));
  const apart = Number(values.get('k0')) - APART;
  const first = rides(keys) ? 0 : 1;
  return {
    outcome: apart === outcome.quarantined || apart === outcome.duplicate ? apart : outcome.accepted,
    path: String(row.filename),
    records: Number(row.count),
    bytes: Number(row.file_size_bytes),
    partition: Object.fromEntries(
      keys.map(({ partition }, i) => [
        partition.name,
        (values.get(`k${first + i}`) as string | null) ?? null,
      ]),
    ),
    columns: Object.fromEntries(
      entries(row.column_statistics).map(([name, stats]) => [name.replaceAll('"', ''), columnStats(stats)]),
    ),
  };
}

const entries = (map: unknown): [string, unknown][] =>
  (map as { key: string; value: unknown }[]).map(({ key, value }) => [key, value]);

function columnStats(stats: unknown): ColumnStats {
  const found = Object.fromEntries(entries(stats)) as Record<string, string>;
  return {
    bytes: found.column_size_bytes === undefined ? undefined : Number(found.column_size_bytes),
    nulls: Number(found.null_count ?? 0),
    min: found.min,
    max: found.max,
  };
}

/** Writes what was judged as Parquet: accepted rows by partition, refused rows for the quarantine table. */
import { mkdir } from 'node:fs/promises';
import type { Contract, Field, Partition } from '../../core/contract/model.ts';
import { valueName } from '../../core/contract/sql.ts';
import { ident, quote } from '../../core/contract/text.ts';
import type { ColumnStats, DataFile } from '../../core/lake/model.ts';
import type { Row, Session } from './duckdb.ts';
import { countReasons, type Judged, refusedSql } from './judge.ts';
import { type Scanned, scan } from './scan.ts';
import type { Source } from './source.ts';
import { outcome, verdictsSql } from './verdict.ts';

/** Field ids by column, nested as DuckDB's FIELD_IDS takes them: a number, or `{ id, children }`. */
export type FieldIds = Readonly<Record<string, FieldId>>;
export type FieldId = number | { readonly id: number; readonly children: FieldIds };

/** A file on local disk, not yet under its final path. */
export type LocalFile = DataFile;

export interface WriteOptions {
  readonly delivery: string;
  /** Folder the files are written to; it is made. */
  readonly dir: string;
  /** Start of every file name. */
  readonly prefix: string;
  readonly fieldIds: FieldIds;
}

/** A moment as a plain UTC timestamp: calendar functions on one with a zone go through ICU, ten times slower. */
const plain = (field: Field): string =>
  field.type.is === 'instant' ? `make_timestamp(epoch_us(${valueName(field)}))` : valueName(field);

const transforms: Record<Partition['transform'], (value: string, partition: Partition) => string> = {
  identity: (value) => value,
  day: (value) => `datediff('day', DATE '1970-01-01', CAST(${value} AS DATE))`,
  month: (value) => `((year(${value}) - 1970) * 12 + month(${value}) - 1)`,
  year: (value) => `(year(${value}) - 1970)`,
  bucket: (value, p) => `iceberg_bucket(CAST(${value} AS VARCHAR), ${(p as { buckets: number }).buckets})`,
  truncate: (value, p) => `iceberg_truncate(${value}, ${(p as { width: number }).width})`,
};

/** Rows the file must keep in memory per partition before they are flushed: smaller means less memory, larger files. */
const ROW_GROUP = 61_440;

function fieldIdsSql(ids: FieldIds): string {
  const entries = Object.entries(ids).map(([name, id]) =>
    typeof id === 'number'
      ? `${ident(name)}: ${id}`
      : `${ident(name)}: {__duckdb_field_id: ${id.id}, ${fieldIdsSql(id.children).slice(1)}`,
  );
  return `{${entries.join(', ')}}`;
}

/** The files of one source, and its books. */
export interface Written {
  readonly judged: Judged;
  readonly files: readonly LocalFile[];
}

/** Judges and writes the accepted rows, in one go. Leaves the table `refused`; see {@link writeRefused}. */
export async function writeAccepted(
  session: Session,
  contract: Contract,
  source: Source,
  options: WriteOptions,
): Promise<Written> {
  const scanned = await scan(session, contract, source);
  const columns = contract.fields.map((field) => `${valueName(field)} AS ${ident(field.name)}`);
  const accepted = (sql: string): string => `CASE WHEN outcome = ${outcome.accepted} THEN ${sql} END`;
  const partitions = contract.partitionBy.map((p, i) => {
    const field = contract.fields.find((f) => f.name === p.field)!;
    return `${accepted(transforms[p.transform](plain(field), p))} AS p${i}`;
  });
  // A refused row's columns may be anything; what quarantine needs of it rides in the one column that holds JSON.
  const rescued = `CASE outcome WHEN ${outcome.accepted} THEN ${source.rescued} WHEN ${outcome.quarantined} THEN CAST(json_object('raw', raw, 'reasons', reasons, 'received', received) AS VARCHAR) END AS _rescued`;
  const system = [`${quote(options.delivery)} AS _delivery`, '_row', rescued, ...partitions, 'outcome'];
  const written = await session.each(scanned.records, (records, i, own) => {
    const rows = `SELECT ${[...columns, ...system].join(', ')} FROM (${verdictsSql(contract, source, records, scanned.policies)})`;
    return copy(own, rows, contract.partitionBy, { ...options, prefix: `${options.prefix}p${i}` });
  });
  return split(session, scanned, written.flat());
}

/** Tells files of accepted rows from files of the others, which only this function reads. */
async function split(session: Session, scanned: Scanned, written: readonly Outcome[]): Promise<Written> {
  const of = (which: keyof typeof outcome) =>
    written.filter((file) => file.outcome === outcome[which]).map(({ file }) => file);
  const count = (files: readonly LocalFile[]): number => files.reduce((sum, { records }) => sum + records, 0);
  const bad = of('quarantined');
  const payload = `json_transform(_rescued, '{"raw": "VARCHAR", "reasons": ["VARCHAR"], "received": ["VARCHAR"]}')`;
  const read = bad.length
    ? `SELECT _row, unnest(${payload}) FROM read_parquet([${bad.map(({ path }) => quote(path)).join(', ')}])`
    : `SELECT 0::BIGINT AS _row, ''::VARCHAR AS raw, []::VARCHAR[] AS reasons, []::VARCHAR[] AS received WHERE false`;
  const made = await session.row(`CREATE TABLE refused AS ${refusedSql(read, scanned)}`);
  const quarantined = Number(made.Count);
  const files = of('accepted');
  return {
    files,
    judged: {
      read: scanned.read,
      accepted: count(files),
      quarantined,
      duplicate: count(of('duplicate')),
      reasons: quarantined ? await countReasons(session) : {},
    },
  };
}

/** Writes the refused rows, all in one file, as the quarantine table has them. */
export async function writeRefused(
  session: Session,
  arrivedAt: Date,
  options: WriteOptions,
): Promise<LocalFile[]> {
  const at = `TIMESTAMPTZ ${quote(arrivedAt.toISOString())}`;
  const day: Partition = { transform: 'day', field: 'arrived_at', name: 'arrived_at_day' };
  const rows = `SELECT ${quote(options.delivery)} AS _delivery, _row, line, raw, reasons, received, ${at} AS arrived_at, ${transforms.day(at, day)} AS p0, ${outcome.quarantined} AS outcome FROM refused`;
  return (await copy(session, rows, [day], options)).map(({ file }) => file);
}

interface Outcome {
  readonly outcome: number;
  readonly file: LocalFile;
}

async function copy(
  session: Session,
  rows: string,
  partitions: readonly Partition[],
  { dir, prefix, fieldIds }: WriteOptions,
): Promise<Outcome[]> {
  await mkdir(dir, { recursive: true });
  const options = [
    `FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${ROW_GROUP}, RETURN_STATS`,
    `FIELD_IDS ${fieldIdsSql(fieldIds)}`,
    `PARTITION_BY (${[...partitions.map((_, i) => `p${i}`), 'outcome'].join(', ')})`,
    `FILENAME_PATTERN ${quote(`${prefix}_{i}`)}, OVERWRITE_OR_IGNORE`,
  ];
  const written = await session.rows(`COPY (${rows}) TO ${quote(dir)} (${options.join(', ')})`);
  return written.filter((file) => Number(file.count) > 0).map((file) => stored(file, partitions));
}

function entries(map: unknown): [string, unknown][] {
  return (map as { key: string; value: unknown }[]).map(({ key, value }) => [key, value]);
}

function stored(row: Row, partitions: readonly Partition[]): Outcome {
  const keys = new Map(entries(row.partition_keys ?? []));
  const file = {
    path: String(row.filename),
    records: Number(row.count),
    bytes: Number(row.file_size_bytes),
    partition: Object.fromEntries(
      partitions.map((p, i) => [p.name, (keys.get(`p${i}`) as string | null) ?? null]),
    ),
    columns: Object.fromEntries(
      entries(row.column_statistics).map(([name, stats]) => [name.replaceAll('"', ''), columnStats(stats)]),
    ),
  };
  return { outcome: Number(keys.get('outcome')), file };
}

function columnStats(stats: unknown): ColumnStats {
  const found = Object.fromEntries(entries(stats)) as Record<string, string>;
  return {
    bytes: found.column_size_bytes === undefined ? undefined : Number(found.column_size_bytes),
    nulls: Number(found.null_count ?? 0),
    min: found.min,
    max: found.max,
  };
}

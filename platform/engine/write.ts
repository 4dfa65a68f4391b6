/** Writes what was judged as Parquet: accepted rows by partition, refused rows for the quarantine table. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Contract, Field, Partition } from '../../core/contract/model.ts';
import { valueName } from '../../core/contract/sql.ts';
import { ident, quote } from '../../core/contract/text.ts';
import type { ColumnStats, DataFile } from '../../core/lake/model.ts';
import { all, type Row, type Session } from './duckdb.ts';
import { fieldsSql, type Judged, numberedThrough, typedSql } from './judge.ts';
import type { Source } from './source.ts';

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

/** Writes the accepted rows. The session must have judged the same source before. */
export async function writeAccepted(
  session: Session,
  contract: Contract,
  source: Source,
  { rowsBefore }: Judged,
  options: WriteOptions,
): Promise<LocalFile[]> {
  const columns = contract.fields.map((field) => `${valueName(field)} AS ${ident(field.name)}`);
  const system = [`${quote(options.delivery)} AS _delivery`, '_row', `${source.rescued} AS _rescued`];
  const partitions = contract.partitionBy.map((p, i) => {
    const field = contract.fields.find((f) => f.name === p.field)!;
    return `${transforms[p.transform](plain(field), p)} AS p${i}`;
  });
  const fields = fieldsSql(contract, source);
  const skipped = 'SELECT _row FROM judged WHERE reasons IS NOT NULL UNION ALL SELECT _row FROM later';
  const written = numberedThrough(source, rowsBefore).map(async (part, i) => {
    using own = await session.fork();
    const rows = `SELECT ${[...columns, ...system, ...partitions].join(', ')} FROM (${typedSql(part, fields)}) ANTI JOIN (${skipped}) USING (_row)`;
    return await copy(own, rows, contract.partitionBy, { ...options, prefix: `${options.prefix}p${i}` });
  });
  return (await all(written)).flat();
}

/** Writes the refused rows, all in one file, as the quarantine table has them. */
export async function writeRefused(
  session: Session,
  arrivedAt: Date,
  options: WriteOptions,
): Promise<LocalFile[]> {
  const at = `TIMESTAMPTZ ${quote(arrivedAt.toISOString())}`;
  const day: Partition = { transform: 'day', field: 'arrived_at', name: 'arrived_at_day' };
  const rows = `SELECT ${quote(options.delivery)} AS _delivery, _row, line, raw, reasons, received, ${at} AS arrived_at, ${transforms.day(at, day)} AS p0 FROM refused`;
  return copy(session, rows, [day], options);
}

async function copy(
  session: Session,
  rows: string,
  partitions: readonly Partition[],
  { dir, prefix, fieldIds }: WriteOptions,
): Promise<LocalFile[]> {
  const by = partitions.length
    ? `PARTITION_BY (${partitions.map((_, i) => `p${i}`).join(', ')}), FILENAME_PATTERN ${quote(`${prefix}_{i}`)}, OVERWRITE_OR_IGNORE`
    : '';
  const target = partitions.length ? dir : join(dir, `${prefix}_0.parquet`);
  await mkdir(dir, { recursive: true });
  const written = await session.rows(
    `COPY (${rows}) TO ${quote(target)} (${[`FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${ROW_GROUP}, RETURN_STATS, FIELD_IDS ${fieldIdsSql(fieldIds)}`, by].filter(Boolean).join(', ')})`,
  );
  return written.filter((file) => Number(file.count) > 0).map((file) => localFile(file, partitions));
}

function entries(map: unknown): [string, unknown][] {
  return (map as { key: string; value: unknown }[]).map(({ key, value }) => [key, value]);
}

function localFile(file: Row, partitions: readonly Partition[]): LocalFile {
  const keys = new Map(entries(file.partition_keys ?? []));
  return {
    path: String(file.filename),
    records: Number(file.count),
    bytes: Number(file.file_size_bytes),
    partition: Object.fromEntries(
      partitions.map((p, i) => [p.name, (keys.get(`p${i}`) as string | null) ?? null]),
    ),
    columns: Object.fromEntries(
      entries(file.column_statistics).map(([name, stats]) => [name.replaceAll('"', ''), columnStats(stats)]),
    ),
  };
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

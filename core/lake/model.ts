/** What the lake is made of, in Wharf's words, and the interfaces that `core/lake` works on and `platform` fulfils. */
import type { TableMetadata } from './metadata.ts';

/** What one column of one data file holds: counts, and its smallest and largest value as DuckDB prints them. */
export interface ColumnStats {
  readonly bytes?: number;
  readonly nulls: number;
  readonly min?: string;
  readonly max?: string;
}

/** One Parquet file of one delivery, as the delivery's manifest lists it. */
export interface DataFile {
  /** `s3://bucket/key` */
  readonly path: string;
  readonly records: number;
  readonly bytes: number;
  /** Partition column name (`timestamp_month`) → value in Iceberg's form (month: months since 1970), as text; null for null. */
  readonly partition: Readonly<Record<string, string | null>>;
  /** Top-level column name → statistics. */
  readonly columns: Readonly<Record<string, ColumnStats>>;
}

/** How many records files hold together. */
export const recordsOf = (files: readonly Pick<DataFile, 'records'>[]): number =>
  files.reduce((sum, { records }) => sum + records, 0);

/** Immutable files by full path (`s3://bucket/key`). */
export interface Files {
  /** @throws WharfError `file.missing` */
  read(path: string): Promise<Uint8Array>;
  write(path: string, bytes: Uint8Array): Promise<void>;
  delete(paths: readonly string[]): Promise<void>;
}

/** Where a table's current metadata file is. The one mutable thing in the lake. */
export interface Catalog {
  /** Path of the table's current metadata file; undefined where there is no such table. `table` is `<domain>.<table>`. */
  current(table: string): Promise<string | undefined>;
  /**
   * Points the table at `next` if it still points at `expected` (undefined: no such table yet). `metadata` is what
   * `next` says, for a catalog that shows people the columns.
   * @throws WharfError `catalog.conflict` (transient) when somebody else was first.
   */
  swap(table: string, expected: string | undefined, next: string, metadata: TableMetadata): Promise<void>;
  /** All tables, sorted. */
  list(): Promise<readonly string[]>;
}

/** Parquet from rows in memory, in pure JavaScript: for micro-batches of events. Files go through DuckDB. */
import { zstdCompressSync } from 'node:zlib';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import type { ColumnStats } from '../../core/lake/model.ts';
import type { IcebergField } from '../../core/lake/schema.ts';
import { encode, schemaElements } from './columns.ts';
import { leafOf, type Value } from './leaf.ts';

type Row = Readonly<Record<string, unknown>>;

export interface ParquetFile {
  readonly bytes: Uint8Array;
  /** Statistics of the columns that are no lists or objects, as a manifest has them. */
  readonly columns: Readonly<Record<string, ColumnStats>>;
}

/**
 * Writes rows as one Parquet file with Iceberg's field ids. Values are what judging makes of them: decimals, days and
 * moments are texts. What a row lacks is null.
 */
export function writeParquet(fields: readonly IcebergField[], rows: readonly Row[]): ParquetFile {
  const target = new ByteWriter();
  const writer = new ParquetWriter({
    writer: target,
    schema: schemaElements(fields),
    codec: 'ZSTD',
    compressors: { ZSTD: (bytes) => zstdCompressSync(bytes) },
    createdBy: 'wharf',
  });
  const columnData = fields.map(({ name, type }) => ({
    name,
    data: rows.map((row) => encode(type, row[name])),
  }));
  // Nothing here waits: the target is memory.
  void writer.write({ columnData, rowGroupSize: rows.length });
  void writer.finish();
  const sizes = new Map(
    writer.row_groups.flatMap(({ columns }) =>
      columns.map(
        ({ meta_data }) =>
          [meta_data!.path_in_schema.join('.'), Number(meta_data!.total_compressed_size)] as const,
      ),
    ),
  );
  const columns = fields.flatMap(({ name, type }) =>
    typeof type === 'string' ? [[name, { bytes: sizes.get(name), ...range(name, type, rows) }] as const] : [],
  );
  return { bytes: target.getBytes(), columns: Object.fromEntries(columns) };
}

function range(name: string, type: string, rows: readonly Row[]): Omit<ColumnStats, 'bytes'> {
  const { compare } = leafOf(type);
  let nulls = 0;
  let [min, max]: (Value | undefined)[] = [];
  for (const row of rows) {
    const value = row[name] as Value | null | undefined;
    if (value === null || value === undefined) nulls++;
    else {
      if (min === undefined || compare(value, min) < 0) min = value;
      if (max === undefined || compare(value, max) > 0) max = value;
    }
  }
  return { nulls, ...(min === undefined ? {} : { min: String(min), max: String(max) }) };
}

/** Parquet as parquetjs-lite writes it, and what its footer lacks for an Iceberg table. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import parquet from 'parquetjs-lite';
import thrift from 'parquetjs-lite/gen-nodejs/parquet_types.js';
import util from 'parquetjs-lite/lib/util.js';
import type { IcebergSchema } from '../../core/lake/schema.ts';

const MAGIC = 'PAR1';

const types: Readonly<Record<string, string>> = {
  string: 'UTF8',
  long: 'INT64',
  double: 'DOUBLE',
  boolean: 'BOOLEAN',
  date: 'DATE',
  timestamptz: 'TIMESTAMP_MICROS',
};

const decimalOf = (type: unknown) => /^decimal\((\d+), (\d+)\)$/.exec(String(type));

/** Writes rows of a flat schema. It knows no decimals: their unscaled integers are written. */
export async function writeParquet(
  rows: Iterable<Readonly<Record<string, unknown>>>,
  { fields }: IcebergSchema,
  dir: string,
): Promise<Buffer> {
  const columns = fields.map(({ name, type }) => {
    const written = decimalOf(type) ? 'INT64' : types[String(type)]!;
    return [name, { type: written, optional: true }] as const;
  });
  const file = join(dir, 'parquetjs.parquet');
  const schema = new parquet.ParquetSchema(Object.fromEntries(columns));
  const writer = await parquet.ParquetWriter.openFile(schema, file);
  for (const row of rows) await writer.appendRow({ ...row });
  await writer.close();
  return readFile(file);
}

/** Says in the footer which columns are decimals and, `withIds`, which Iceberg field each one is. */
export function annotate(file: Buffer, { fields }: IcebergSchema, withIds: boolean): Buffer {
  const end = file.length - 4 - MAGIC.length;
  const start = end - file.readUInt32LE(end);
  const footer = new thrift.FileMetaData();
  util.decodeThrift(footer, file.subarray(start, end));
  for (const { id, name, type } of fields) {
    const element = footer.schema.find((one) => one.name === name)!;
    if (withIds) element.field_id = id;
    const decimal = decimalOf(type);
    if (!decimal) continue;
    element.converted_type = thrift.ConvertedType.DECIMAL;
    [element.precision, element.scale] = [Number(decimal[1]), Number(decimal[2])];
  }
  const bytes = util.serializeThrift(footer);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  return Buffer.concat([file.subarray(0, start), bytes, length, Buffer.from(MAGIC)]);
}

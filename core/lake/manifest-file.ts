/** A data file as a manifest lists it: its partition, counts and bounds. */
import { encodeBound, epochDay } from './bounds.ts';
import type { DataFile } from './model.ts';
import { type PartitionSpec, resultType } from './partition.ts';
import type { IcebergField, IcebergSchema } from './schema.ts';

interface KeyValue<V> {
  readonly key: number;
  readonly value: V;
}

export type PartitionValue = string | number | bigint | boolean | null;

/** A data file as a manifest has it. Partition values are in Iceberg's form. */
export interface ManifestFileEntry {
  readonly content: number;
  readonly file_path: string;
  readonly file_format: string;
  readonly partition: Readonly<Record<string, PartitionValue>>;
  readonly record_count: number;
  readonly file_size_in_bytes: number;
  readonly column_sizes: readonly KeyValue<number>[] | null;
  readonly value_counts: readonly KeyValue<number>[] | null;
  readonly null_value_counts: readonly KeyValue<number>[] | null;
  readonly lower_bounds: readonly KeyValue<Uint8Array>[] | null;
  readonly upper_bounds: readonly KeyValue<Uint8Array>[] | null;
  readonly sort_order_id: number | null;
}

/** A partition value in Iceberg's form, from its text. */
function partitionValue(text: string | null | undefined, type: string): PartitionValue {
  if (text === null || text === undefined) return null;
  if (type === 'boolean') return text === 'true';
  if (type === 'date') return epochDay(text);
  // Truncating moves a number down: the smallest exact one is no longer exact.
  if (type === 'long') return Number.isSafeInteger(Number(text)) ? Number(text) : BigInt(text);
  return type === 'int' ? Number(text) : text;
}

/** A manifest's partition values as {@link DataFile} has them. */
export const partitionTexts = (partition: ManifestFileEntry['partition']): DataFile['partition'] =>
  Object.fromEntries(
    Object.entries(partition).map(([name, value]) => [name, value === null ? null : String(value)]),
  );

/** Ids and types of columns by the dotted names DuckDB reports statistics under. */
function leaves(
  fields: readonly IcebergField[],
  prefix = '',
): [name: string, id: number, type: string | undefined][] {
  return fields.flatMap(({ id, name, type }): [string, number, string | undefined][] => {
    const path = `${prefix}${name}`;
    if (typeof type === 'string') return [[path, id, prefix ? undefined : type]];
    if (type.type === 'struct') return leaves(type.fields, `${path}.`);
    const element: IcebergField = {
      id: type['element-id'],
      name: 'element',
      required: false,
      type: type.element,
    };
    return leaves([element], `${path}.`);
  });
}

const present = <V>(pairs: readonly { key: number; value: V | undefined }[]): KeyValue<V>[] =>
  pairs.filter((pair): pair is KeyValue<V> => pair.value !== undefined);

/** A data file of a delivery as a manifest entry's file. */
export function manifestFile(file: DataFile, spec: PartitionSpec, schema: IcebergSchema): ManifestFileEntry {
  const columns = leaves(schema.fields).filter(([name]) => file.columns[name]);
  const top = columns.filter(([, , type]) => type !== undefined);
  const stats = (name: string) => file.columns[name]!;
  const bounds = (side: 'lower' | 'upper') =>
    present(
      top.map(([name, key, type]) => {
        const bytes = encodeBound(type!, side === 'lower' ? stats(name).min : stats(name).max, side);
        return { key, value: bytes && Buffer.from(bytes) };
      }),
    );
  return {
    content: 0,
    file_path: file.path,
    file_format: 'PARQUET',
    partition: Object.fromEntries(
      spec.fields.map((f) => [f.name, partitionValue(file.partition[f.name], resultType(f, schema))]),
    ),
    record_count: file.records,
    file_size_in_bytes: file.bytes,
    column_sizes: present(columns.map(([name, key]) => ({ key, value: stats(name).bytes }))),
    value_counts: top.map(([, key]) => ({ key, value: file.records })),
    null_value_counts: top.map(([name, key]) => ({ key, value: stats(name).nulls })),
    lower_bounds: bounds('lower'),
    upper_bounds: bounds('upper'),
    sort_order_id: 0,
  };
}

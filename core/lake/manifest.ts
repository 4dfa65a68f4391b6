/** Manifest files and manifest lists of Iceberg v2: what they hold and how they are written. */

import { type AvroSchema, decodeAvro, encodeAvro } from './avro.ts';
import { encodeBound, encodeValue, epochDay } from './bounds.ts';
import type { SnapshotId } from './metadata.ts';
import type { DataFile } from './model.ts';
import { type PartitionSpec, resultType } from './partition.ts';
import type { IcebergField, IcebergSchema } from './schema.ts';

export const EXISTING = 0;
export const ADDED = 1;
export const DELETED = 2;

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

export interface ManifestEntry {
  readonly status: number;
  readonly snapshot_id: SnapshotId | null;
  readonly sequence_number: number | null;
  readonly file_sequence_number: number | null;
  readonly data_file: ManifestFileEntry;
}

/** One manifest, as a manifest list has it. */
export interface ManifestListEntry {
  readonly manifest_path: string;
  readonly manifest_length: number;
  readonly partition_spec_id: number;
  readonly content: number;
  readonly sequence_number: number;
  readonly min_sequence_number: number;
  readonly added_snapshot_id: SnapshotId;
  readonly added_files_count: number;
  readonly existing_files_count: number;
  readonly deleted_files_count: number;
  readonly added_rows_count: number;
  readonly existing_rows_count: number;
  readonly deleted_rows_count: number;
  readonly partitions: readonly FieldSummary[] | null;
}

interface FieldSummary {
  readonly contains_null: boolean;
  readonly lower_bound: Uint8Array | null;
  readonly upper_bound: Uint8Array | null;
}

const field = (id: number, name: string, type: unknown) => ({ name, type, 'field-id': id });
const optional = (id: number, name: string, type: unknown) => ({
  ...field(id, name, ['null', type]),
  default: null,
});

/** Avro has no maps with integer keys: Iceberg writes them as lists of pairs. */
const intMap = (id: number, name: string, key: number, value: number, type: string) =>
  optional(id, name, {
    type: 'array',
    logicalType: 'map',
    items: {
      type: 'record',
      name: `k${key}_v${value}`,
      fields: [field(key, 'key', 'int'), field(value, 'value', type)],
    },
  });

const avroTypes: Readonly<Record<string, unknown>> = {
  date: { type: 'int', logicalType: 'date' },
  timestamptz: { type: 'long', logicalType: 'timestamp-micros', 'adjust-to-utc': true },
};

function entrySchema(spec: PartitionSpec, schema: IcebergSchema): AvroSchema {
  const partition = spec.fields.map((f) => {
    const type = resultType(f, schema);
    return optional(f['field-id'], f.name, avroTypes[type] ?? type);
  });
  const file = [
    field(134, 'content', 'int'),
    field(100, 'file_path', 'string'),
    field(101, 'file_format', 'string'),
    field(102, 'partition', { type: 'record', name: 'r102', fields: partition }),
    field(103, 'record_count', 'long'),
    field(104, 'file_size_in_bytes', 'long'),
    intMap(108, 'column_sizes', 117, 118, 'long'),
    intMap(109, 'value_counts', 119, 120, 'long'),
    intMap(110, 'null_value_counts', 121, 122, 'long'),
    intMap(125, 'lower_bounds', 126, 127, 'bytes'),
    intMap(128, 'upper_bounds', 129, 130, 'bytes'),
    optional(140, 'sort_order_id', 'int'),
  ];
  return {
    type: 'record',
    name: 'manifest_entry',
    fields: [
      field(0, 'status', 'int'),
      optional(1, 'snapshot_id', 'long'),
      optional(3, 'sequence_number', 'long'),
      optional(4, 'file_sequence_number', 'long'),
      field(2, 'data_file', { type: 'record', name: 'r2', fields: file }),
    ],
  };
}

const listSchema: AvroSchema = {
  type: 'record',
  name: 'manifest_file',
  fields: [
    field(500, 'manifest_path', 'string'),
    field(501, 'manifest_length', 'long'),
    field(502, 'partition_spec_id', 'int'),
    field(517, 'content', 'int'),
    field(515, 'sequence_number', 'long'),
    field(516, 'min_sequence_number', 'long'),
    field(503, 'added_snapshot_id', 'long'),
    field(504, 'added_files_count', 'int'),
    field(505, 'existing_files_count', 'int'),
    field(506, 'deleted_files_count', 'int'),
    field(512, 'added_rows_count', 'long'),
    field(513, 'existing_rows_count', 'long'),
    field(514, 'deleted_rows_count', 'long'),
    optional(507, 'partitions', {
      type: 'array',
      'element-id': 508,
      items: {
        type: 'record',
        name: 'r508',
        fields: [
          field(509, 'contains_null', 'boolean'),
          optional(510, 'lower_bound', 'bytes'),
          optional(511, 'upper_bound', 'bytes'),
        ],
      },
    }),
  ],
};

/** A partition value in Iceberg's form, from its text. */
function partitionValue(text: string | null | undefined, type: string): PartitionValue {
  if (text === null || text === undefined) return null;
  if (type === 'boolean') return text === 'true';
  if (type === 'date') return epochDay(text);
  // Truncating moves a number down: the smallest exact one is no longer exact.
  if (type === 'long') return Number.isSafeInteger(Number(text)) ? Number(text) : BigInt(text);
  return type === 'int' ? Number(text) : text;
}

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

/** Texts by their code points, as readers compare them; JavaScript's own order puts `🦆` below `ﬀ`. */
const byValue = (a: PartitionValue, b: PartitionValue): number =>
  typeof a === 'string' && typeof b === 'string'
    ? Buffer.compare(Buffer.from(a), Buffer.from(b))
    : a! < b!
      ? -1
      : a! > b!
        ? 1
        : 0;

/** The values of each partition field over all entries, for pruning whole manifests. */
function summaries(
  entries: readonly ManifestEntry[],
  spec: PartitionSpec,
  schema: IcebergSchema,
): FieldSummary[] {
  return spec.fields.map((f) => {
    const type = resultType(f, schema);
    const values = entries.map((entry) => entry.data_file.partition[f.name] ?? null);
    const some = values.filter((value) => value !== null).sort(byValue);
    const encoded = (value: PartitionValue | undefined) =>
      value === undefined ? null : Buffer.from(encodeValue(type, String(value)));
    return {
      contains_null: some.length < values.length,
      lower_bound: encoded(some[0]),
      upper_bound: encoded(some.at(-1)),
    };
  });
}

export interface NewManifest {
  readonly path: string;
  readonly entries: readonly ManifestEntry[];
  readonly spec: PartitionSpec;
  readonly schema: IcebergSchema;
  readonly snapshotId: SnapshotId;
  readonly sequence: number;
}

/** A manifest's bytes and its line in the manifest list. */
export async function writeManifest(
  m: NewManifest,
): Promise<{ bytes: Uint8Array; listed: ManifestListEntry }> {
  const bytes = await encodeAvro(entrySchema(m.spec, m.schema), m.entries, {
    schema: JSON.stringify(m.schema),
    'schema-id': String(m.schema['schema-id']),
    'partition-spec': JSON.stringify(m.spec.fields),
    'partition-spec-id': String(m.spec['spec-id']),
    'format-version': '2',
    content: 'data',
  });
  const count = (status: number) => {
    const files = m.entries.filter((entry) => entry.status === status);
    return {
      files: files.length,
      rows: files.reduce((sum, { data_file }) => sum + data_file.record_count, 0),
    };
  };
  const [existing, added, deleted] = [count(EXISTING), count(ADDED), count(DELETED)];
  const live = m.entries.filter(({ status }) => status !== DELETED);
  const listed: ManifestListEntry = {
    manifest_path: m.path,
    manifest_length: bytes.length,
    partition_spec_id: m.spec['spec-id'],
    content: 0,
    sequence_number: m.sequence,
    min_sequence_number: Math.min(
      m.sequence,
      ...live.map(({ sequence_number }) => sequence_number ?? m.sequence),
    ),
    added_snapshot_id: m.snapshotId,
    added_files_count: added.files,
    existing_files_count: existing.files,
    deleted_files_count: deleted.files,
    added_rows_count: added.rows,
    existing_rows_count: existing.rows,
    deleted_rows_count: deleted.rows,
    partitions: summaries(m.entries, m.spec, m.schema),
  };
  return { bytes, listed };
}

/** Entries of a manifest with what they inherit from its line in the list filled in. */
export async function readManifest(bytes: Uint8Array, listed: ManifestListEntry): Promise<ManifestEntry[]> {
  const entries = await decodeAvro<ManifestEntry>(bytes);
  return entries.map((entry) => ({
    ...entry,
    snapshot_id: entry.snapshot_id === null ? listed.added_snapshot_id : BigInt(entry.snapshot_id),
    sequence_number: entry.sequence_number ?? listed.sequence_number,
    file_sequence_number: entry.file_sequence_number ?? listed.sequence_number,
  }));
}

export const writeManifestList = (
  manifests: readonly ManifestListEntry[],
  about: { snapshotId: SnapshotId; parent: SnapshotId | undefined; sequence: number },
): Promise<Uint8Array> =>
  encodeAvro(listSchema, manifests, {
    'snapshot-id': String(about.snapshotId),
    'parent-snapshot-id': String(about.parent ?? 'null'),
    'sequence-number': String(about.sequence),
    'format-version': '2',
  });

export async function readManifestList(bytes: Uint8Array): Promise<ManifestListEntry[]> {
  const manifests = await decodeAvro<ManifestListEntry>(bytes);
  return manifests.map((m) => ({ ...m, added_snapshot_id: BigInt(m.added_snapshot_id) }));
}

/** The Avro schemas of manifests and manifest lists. Field ids are those of the Iceberg specification. */
import type { AvroSchema } from './avro.ts';
import { type PartitionSpec, resultType } from './partition.ts';
import type { IcebergSchema } from './schema.ts';

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

/** Of a manifest's entries: the partition's fields differ from spec to spec. */
export function entrySchema(spec: PartitionSpec, schema: IcebergSchema): AvroSchema {
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

/** Of a manifest list's lines. */
export const listSchema: AvroSchema = {
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

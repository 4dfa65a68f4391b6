/** A table that another engine fills with one delivery: made empty with the ids of the table it is for, then read out. */
import type { Partition } from '../contract/model.ts';
import { decodeValue } from './bounds.ts';
import { tableDefaults } from './head.ts';
import { type ManifestFileEntry, partitionTexts } from './manifest-file.ts';
import { currentSnapshot, schemaOf, type TableMetadata } from './metadata.ts';
import type { ColumnStats, DataFile, Files } from './model.ts';
import { evolveSpec } from './partition.ts';
import { liveEntriesOf, manifestsOf } from './scan.ts';
import type { IcebergSchema } from './schema.ts';

/** What the format calls no snapshot. */
const NONE = -1n;

export interface StagedTable {
  readonly schema: IcebergSchema;
  readonly partitionBy: readonly Partition[];
  readonly location: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly uuid: string;
}

/** The metadata of an empty table. */
export function emptyTable({ schema, partitionBy, location, now, uuid }: StagedTable): TableMetadata {
  const { spec, lastPartitionId } = evolveSpec([], partitionBy, schema, 0);
  const ids = [...JSON.stringify(schema).matchAll(/"(?:id|element-id)":(\d+)/g)].map(([, id]) => Number(id));
  return {
    'format-version': 2,
    'table-uuid': uuid,
    location,
    'last-sequence-number': 0,
    'last-updated-ms': now,
    'last-column-id': Math.max(...ids),
    'current-schema-id': schema['schema-id'],
    schemas: [schema],
    'default-spec-id': spec['spec-id'],
    'partition-specs': [spec],
    'last-partition-id': lastPartitionId,
    ...tableDefaults,
    'current-snapshot-id': NONE,
    snapshots: [],
    'snapshot-log': [],
    'metadata-log': [],
    refs: {},
  };
}

/** The files such a table has been filled with. Two insertions into it would show: the books count records. */
export async function stagedFiles(metadata: TableMetadata, files: Files): Promise<DataFile[]> {
  const snapshot = currentSnapshot(metadata);
  if (!snapshot) return [];
  const manifests = await manifestsOf(snapshot, files);
  const entries = await Promise.all(manifests.map((listed) => liveEntriesOf(listed, files)));
  const schema = schemaOf(metadata);
  return entries.flat().map(({ data_file }) => dataFile(data_file, schema));
}

function dataFile(file: ManifestFileEntry, schema: IcebergSchema): DataFile {
  const of = <V>(pairs: readonly { readonly key: number; readonly value: V }[] | null) =>
    new Map(pairs?.map(({ key, value }) => [key, value]));
  const [sizes, nulls] = [of(file.column_sizes), of(file.null_value_counts)];
  const [lower, upper] = [of(file.lower_bounds), of(file.upper_bounds)];
  const columns = schema.fields.flatMap(({ id, name, type }): [string, ColumnStats][] => {
    if (typeof type !== 'string') return [];
    const text = (bound: Uint8Array | undefined) => bound && decodeValue(type, bound);
    return [
      [
        name,
        {
          bytes: sizes.get(id),
          nulls: nulls.get(id) ?? 0,
          min: text(lower.get(id)),
          max: text(upper.get(id)),
        },
      ],
    ];
  });
  return {
    path: file.file_path,
    records: file.record_count,
    bytes: file.file_size_in_bytes,
    partition: partitionTexts(file.partition),
    columns: Object.fromEntries(columns),
  };
}

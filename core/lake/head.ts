/** A table's metadata as a commit leaves it. */
import type { Partition } from '../contract/model.ts';
import { type Logged, logProperties } from './log.ts';
import type { Snapshot, TableMetadata } from './metadata.ts';
import type { DataFile } from './model.ts';
import { evolveSpec } from './partition.ts';
import { evolveSchema, type IcebergSchema, type WantedField } from './schema.ts';

/** What our tables are made with. */
export const tableDefaults = {
  'sort-orders': [{ 'order-id': 0, fields: [] }],
  'default-sort-order-id': 0,
  properties: {
    'write.format.default': 'parquet',
    'write.parquet.compression-codec': 'zstd',
    ...logProperties,
  },
};

/** What a commit is to do. */
export interface Change {
  readonly location: string;
  readonly columns: readonly WantedField[];
  readonly partitionBy: readonly Partition[];
  readonly append: readonly DataFile[];
  /** Deliveries whose rows leave the table. */
  readonly remove: readonly string[];
  /** Deliveries this commit settles; recorded in the snapshot, so that none is committed twice. */
  readonly deliveries: readonly string[];
  /** None of the deliveries was committed before this. Milliseconds since 1970. @default 0, any time */
  readonly since?: number;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Unique to this attempt, at least 32 hexadecimal digits: names and ids are made of it. */
  readonly nonce: string;
}

/** What the contract makes of the table's schemas and partition specs. */
export type Head = Pick<
  TableMetadata,
  'schemas' | 'partition-specs' | 'last-column-id' | 'last-partition-id'
> & {
  readonly schema: IcebergSchema;
  readonly specId: number;
};

/** The table's schemas and specs after the contract had its say. */
export function evolveHead(current: TableMetadata | undefined, { columns, partitionBy }: Change): Head {
  const was = current?.schemas.find((s) => s['schema-id'] === current['current-schema-id']);
  const newest = current?.schemas.reduce((max, s) => Math.max(max, s['schema-id']), 0) ?? 0;
  const evolved = evolveSchema(was, columns, current?.['last-column-id'] ?? 0, current?.schemas);
  const changed = was !== undefined && evolved.schema['schema-id'] !== was['schema-id'];
  const schema = changed ? { ...evolved.schema, 'schema-id': newest + 1 } : evolved.schema;
  const specs = current?.['partition-specs'] ?? [];
  const { spec, lastPartitionId } = evolveSpec(
    specs,
    partitionBy,
    schema,
    current?.['last-partition-id'] ?? 0,
  );
  return {
    schema,
    specId: spec['spec-id'],
    schemas: was && !changed ? current!.schemas : [...(current?.schemas ?? []), schema],
    'partition-specs': specs.includes(spec) ? specs : [...specs, spec],
    'last-column-id': evolved.lastColumnId,
    'last-partition-id': lastPartitionId,
  };
}

/** The table's schemas and specs as they are, with another of its schemas in force where one is named. */
export function headOf(metadata: TableMetadata, schemaId = metadata['current-schema-id']): Head {
  return {
    ...metadata,
    schema: metadata.schemas.find((schema) => schema['schema-id'] === schemaId)!,
    specId: metadata['default-spec-id'],
  };
}

/** The metadata with one snapshot more. */
export function withSnapshot(
  metadata: TableMetadata | undefined,
  head: Head,
  snapshot: Snapshot,
  log: Logged['log'],
  change: Pick<Change, 'location' | 'now' | 'nonce'>,
): TableMetadata {
  const id = snapshot['snapshot-id'];
  const uuid = `${change.nonce.slice(0, 8)}-${change.nonce.slice(8, 12)}-4${change.nonce.slice(13, 16)}-a${change.nonce.slice(17, 20)}-${change.nonce.slice(20, 32)}`;
  return {
    // What others added stays: branches, tags, an order of rows, statistics, properties.
    ...tableDefaults,
    ...metadata,
    'format-version': 2,
    'table-uuid': metadata?.['table-uuid'] ?? uuid,
    location: change.location,
    'last-sequence-number': snapshot['sequence-number'],
    'last-updated-ms': change.now,
    'last-column-id': head['last-column-id'],
    'current-schema-id': head.schema['schema-id'],
    schemas: head.schemas,
    'default-spec-id': head.specId,
    'partition-specs': head['partition-specs'],
    'last-partition-id': head['last-partition-id'],
    'current-snapshot-id': id,
    snapshots: [...(metadata?.snapshots ?? []), snapshot],
    'snapshot-log': [
      ...(metadata?.['snapshot-log'] ?? []),
      { 'timestamp-ms': change.now, 'snapshot-id': id },
    ],
    'metadata-log': log,
    refs: { ...metadata?.refs, main: { ...metadata?.refs.main, 'snapshot-id': id, type: 'branch' } },
  };
}

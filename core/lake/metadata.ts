/** Table metadata: the JSON document a catalog points at. Names are Iceberg's. */
import { WharfError } from '../errors.ts';
import type { PartitionSpec } from './partition.ts';
import type { IcebergSchema } from './schema.ts';

/** Others draw ids from 63 bits, more than a JavaScript number holds. */
export type SnapshotId = bigint;

export interface Snapshot {
  readonly 'snapshot-id': SnapshotId;
  readonly 'parent-snapshot-id'?: SnapshotId;
  readonly 'sequence-number': number;
  readonly 'timestamp-ms': number;
  readonly 'manifest-list': string;
  readonly 'schema-id': number;
  readonly summary: Readonly<Record<string, string>>;
}

export interface TableMetadata {
  readonly 'format-version': 2;
  readonly 'table-uuid': string;
  readonly location: string;
  readonly 'last-sequence-number': number;
  readonly 'last-updated-ms': number;
  readonly 'last-column-id': number;
  readonly 'current-schema-id': number;
  readonly schemas: readonly IcebergSchema[];
  readonly 'default-spec-id': number;
  readonly 'partition-specs': readonly PartitionSpec[];
  readonly 'last-partition-id': number;
  readonly 'default-sort-order-id': number;
  readonly 'sort-orders': readonly { readonly 'order-id': number; readonly fields: readonly unknown[] }[];
  readonly properties: Readonly<Record<string, string>>;
  readonly 'current-snapshot-id': SnapshotId;
  readonly snapshots: readonly Snapshot[];
  readonly 'snapshot-log': readonly { readonly 'timestamp-ms': number; readonly 'snapshot-id': SnapshotId }[];
  readonly 'metadata-log': readonly { readonly 'timestamp-ms': number; readonly 'metadata-file': string }[];
  /** Branches and tags; ours is `main`. */
  readonly refs: Readonly<Record<string, { readonly 'snapshot-id': SnapshotId; readonly type: string }>>;
}

/** Where a snapshot's summary records the deliveries it made visible or overtook. */
export const DELIVERIES = 'wharf.deliveries';

/** Where a snapshot's summary records which revision made it: an undo or a rollback. */
export const REVISION = 'wharf.revision';

/** The snapshot that a revision made; undefined where it made none, or that one has expired. */
export const revisionIn = ({ snapshots }: TableMetadata, id: string): Snapshot | undefined =>
  snapshots.find((snapshot) => snapshot.summary[REVISION] === id);

export const schemaOf = (metadata: TableMetadata): IcebergSchema =>
  metadata.schemas.find((schema) => schema['schema-id'] === metadata['current-schema-id'])!;

export const currentSnapshot = (metadata: TableMetadata): Snapshot =>
  metadata.snapshots.find((snapshot) => snapshot['snapshot-id'] === metadata['current-snapshot-id'])!;

/** Delivery → the snapshot that committed it, as far as snapshots are kept. */
export function committedDeliveries({ snapshots }: TableMetadata): Map<string, SnapshotId> {
  return new Map(
    snapshots.flatMap((snapshot) =>
      (snapshot.summary[DELIVERIES] ?? '')
        .split(',')
        .filter(Boolean)
        .map((delivery) => [delivery, snapshot['snapshot-id']] as const),
    ),
  );
}

/** The delivery a data file belongs to: its name starts with the delivery's id. */
export const deliveryOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1).split('_', 1)[0]!;

const optional: Partial<TableMetadata> = { 'snapshot-log': [], 'metadata-log': [], properties: {}, refs: {} };

/**
 * Reads a metadata document, whoever wrote it: what the format leaves to choice may be missing.
 * @throws WharfError `lake.unsupported_format`
 */
export function parseMetadata(bytes: Uint8Array): TableMetadata {
  const read = JSON.parse(new TextDecoder().decode(bytes), (key, value, { source }) =>
    key.endsWith('snapshot-id') && typeof value === 'number' ? BigInt(source!) : value,
  ) as TableMetadata;
  const version: number = read['format-version'];
  if (version !== 2)
    throw new WharfError(`The table at ${read.location} has format version ${version}`, {
      code: 'lake.unsupported_format',
      fix: 'Wharf reads and writes version 2: another program upgraded the table, and only a rollback of its catalog entry takes that back',
    });
  return { ...optional, ...read };
}

/** The document's bytes. */
export const formatMetadata = (metadata: TableMetadata): Uint8Array =>
  new TextEncoder().encode(
    JSON.stringify(metadata, (_, value: unknown) =>
      typeof value === 'bigint' ? JSON.rawJSON(String(value)) : value,
    ),
  );

/** The version in a metadata file's name. @example versionOf('s3://b/t/metadata/00007-abc.metadata.json') // 7 */
export const versionOf = (path: string | undefined): number =>
  path === undefined ? -1 : Number(/\/(\d+)-[^/]+$/.exec(path)?.[1] ?? 0);

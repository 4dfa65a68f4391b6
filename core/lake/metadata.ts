/** Table metadata: the JSON document a catalog points at. Names are Iceberg's. */
import type { PartitionSpec } from './partition.ts';
import type { IcebergSchema } from './schema.ts';

export interface Snapshot {
  readonly 'snapshot-id': number;
  readonly 'parent-snapshot-id'?: number;
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
  readonly 'default-sort-order-id': 0;
  readonly 'sort-orders': readonly [{ readonly 'order-id': 0; readonly fields: readonly [] }];
  readonly properties: Readonly<Record<string, string>>;
  readonly 'current-snapshot-id': number;
  readonly snapshots: readonly Snapshot[];
  readonly 'snapshot-log': readonly { readonly 'timestamp-ms': number; readonly 'snapshot-id': number }[];
  readonly 'metadata-log': readonly { readonly 'timestamp-ms': number; readonly 'metadata-file': string }[];
  readonly refs: { readonly main: { readonly 'snapshot-id': number; readonly type: 'branch' } };
}

/** Where a snapshot's summary records the deliveries it made visible or overtook. */
export const DELIVERIES = 'wharf.deliveries';

export const schemaOf = (metadata: TableMetadata): IcebergSchema =>
  metadata.schemas.find((schema) => schema['schema-id'] === metadata['current-schema-id'])!;

export const currentSnapshot = (metadata: TableMetadata): Snapshot =>
  metadata.snapshots.find((snapshot) => snapshot['snapshot-id'] === metadata['current-snapshot-id'])!;

/** Delivery → the snapshot that committed it, as far as snapshots are kept. */
export function committedDeliveries({ snapshots }: TableMetadata): Map<string, number> {
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

export const parseMetadata = (bytes: Uint8Array): TableMetadata =>
  JSON.parse(new TextDecoder().decode(bytes)) as TableMetadata;

/** The version in a metadata file's name. @example versionOf('s3://b/t/metadata/00007-abc.metadata.json') // 7 */
export const versionOf = (path: string | undefined): number =>
  path === undefined ? -1 : Number(/\/(\d+)-[^/]+$/.exec(path)?.[1] ?? 0);

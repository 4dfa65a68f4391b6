/** Manifest files and manifest lists of Iceberg v2: what they hold and how they are written. */
import { decodeAvro, encodeAvro } from './avro.ts';
import { encodeValue } from './bounds.ts';
import type { ManifestFileEntry, PartitionValue } from './manifest-file.ts';
import { entrySchema, listSchema } from './manifest-schema.ts';
import type { SnapshotId } from './metadata.ts';
import { type PartitionSpec, resultType } from './partition.ts';
import type { IcebergSchema } from './schema.ts';

export const EXISTING = 0;
export const ADDED = 1;
export const DELETED = 2;

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

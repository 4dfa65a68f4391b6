/** What a snapshot lists: its manifests, their entries, the live data files. */
import {
  DELETED,
  type ManifestEntry,
  type ManifestListEntry,
  readManifest,
  readManifestList,
} from './manifest.ts';
import type { PartitionValue } from './manifest-file.ts';
import { currentSnapshot, deliveryOf, type Snapshot, type TableMetadata } from './metadata.ts';
import type { Files } from './model.ts';

export interface LiveFile {
  readonly path: string;
  readonly delivery: string;
  /** It holds no rows: it says which rows of other files are deleted. Wharf writes none, other programs do. */
  readonly deletes: boolean;
  readonly records: number;
  readonly bytes: number;
  readonly partition: Readonly<Record<string, PartitionValue>>;
}

/** A live file as its manifest has it, and the partitioning it was written for. */
export interface Listed {
  readonly entry: ManifestEntry;
  readonly specId: number;
}

/** Live files of a snapshot with all that is known of them, those that delete rows of others among them. */
export async function listedIn(snapshot: Snapshot, files: Files): Promise<Listed[]> {
  const read = (await manifestsOf(snapshot, files)).map(async (listed) => {
    const entries = await liveEntriesOf(listed, files);
    return entries.map((entry) => ({ entry, specId: listed.partition_spec_id }));
  });
  return (await Promise.all(read)).flat();
}

/** The manifests a snapshot lists. */
export const manifestsOf = async (snapshot: Snapshot, files: Files): Promise<ManifestListEntry[]> =>
  readManifestList(await files.read(snapshot['manifest-list']));

/** All that a manifest lists, what has left the table among it. */
export const entriesOf = async (listed: ManifestListEntry, files: Files): Promise<ManifestEntry[]> =>
  readManifest(await files.read(listed.manifest_path), listed);

/** What a manifest lists that is in the table. */
export const liveEntriesOf = async (listed: ManifestListEntry, files: Files): Promise<ManifestEntry[]> =>
  (await entriesOf(listed, files)).filter(({ status }) => status !== DELETED);

/** Live data files of one manifest. */
export async function filesOf(listed: ManifestListEntry, files: Files): Promise<LiveFile[]> {
  const entries = await liveEntriesOf(listed, files);
  return entries.map(({ data_file: f }) => ({
    path: f.file_path,
    delivery: deliveryOf(f.file_path),
    deletes: listed.content !== 0,
    records: f.record_count,
    bytes: f.file_size_in_bytes,
    partition: f.partition,
  }));
}

/** Live data files of a snapshot. @default the current one */
export async function liveFiles(
  metadata: TableMetadata,
  files: Files,
  snapshot = currentSnapshot(metadata),
): Promise<LiveFile[]> {
  const manifests = await manifestsOf(snapshot, files);
  return (await Promise.all(manifests.map((manifest) => filesOf(manifest, files)))).flat();
}

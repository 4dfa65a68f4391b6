/** Snapshot expiry: drops old snapshots from the metadata and finds the files nothing reaches any more. */
import { readManifest } from './manifest.ts';
import type { Snapshot, TableMetadata } from './metadata.ts';
import type { Files } from './model.ts';
import { liveFiles, manifestsOf } from './scan.ts';

export interface Retention {
  /** Snapshots younger than this stay. Milliseconds since 1970. */
  readonly olderThan: number;
  /** So many of the newest stay whatever their age. */
  readonly keep: number;
}

/** The snapshots that go; never the current one, nor one that a branch or tag names. */
export function expired(
  { snapshots, refs, 'current-snapshot-id': current }: TableMetadata,
  { olderThan, keep }: Retention,
): Snapshot[] {
  const newest = new Set(snapshots.slice(Math.max(0, snapshots.length - keep)));
  const named = new Set([current, ...Object.values(refs).map((ref) => ref['snapshot-id'])]);
  return snapshots.filter(
    (s) => !newest.has(s) && !named.has(s['snapshot-id']) && s['timestamp-ms'] < olderThan,
  );
}

/** Metadata without some of its snapshots. */
export function withoutSnapshots(metadata: TableMetadata, gone: readonly Snapshot[]): TableMetadata {
  const ids = new Set(gone.map((snapshot) => snapshot['snapshot-id']));
  return {
    ...metadata,
    snapshots: metadata.snapshots.filter((snapshot) => !ids.has(snapshot['snapshot-id'])),
    'snapshot-log': metadata['snapshot-log'].filter((entry) => !ids.has(entry['snapshot-id'])),
  };
}

/** Files that only expired snapshots reach: manifest lists, manifests, data files. Safe to delete once the metadata is swapped. */
export async function unreachable(
  after: TableMetadata,
  gone: readonly Snapshot[],
  files: Files,
): Promise<string[]> {
  const kept = new Set<string>();
  for (const snapshot of after.snapshots)
    for (const m of await manifestsOf(snapshot, files)) kept.add(m.manifest_path);
  const live = new Set<string>();
  for (const snapshot of after.snapshots)
    for (const file of await liveFiles(after, files, snapshot)) live.add(file.path);
  const dead = new Set<string>();
  for (const snapshot of gone) {
    dead.add(snapshot['manifest-list']);
    for (const m of await manifestsOf(snapshot, files)) {
      if (kept.has(m.manifest_path) || dead.has(m.manifest_path)) continue;
      dead.add(m.manifest_path);
      for (const { data_file } of await readManifest(await files.read(m.manifest_path), m))
        if (!live.has(data_file.file_path)) dead.add(data_file.file_path);
    }
  }
  return [...dead];
}

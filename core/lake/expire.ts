/** Snapshot expiry: drops old snapshots from the metadata and finds the files nothing reaches any more. */
import { type ManifestListEntry, readManifest } from './manifest.ts';
import type { Snapshot, TableMetadata } from './metadata.ts';
import type { Files } from './model.ts';
import { filesOf, manifestsOf } from './scan.ts';

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
  const kept = await manifestsBy(after.snapshots, files);
  const lost = [...(await manifestsBy(gone, files)).values()].filter((m) => !kept.has(m.manifest_path));
  const data = new Set<string>();
  for (const manifest of lost)
    for (const { data_file } of await readManifest(await files.read(manifest.manifest_path), manifest))
      data.add(data_file.file_path);
  // Mostly there are none to look for: a table that only grows keeps its manifests.
  for (const manifest of data.size > 0 ? kept.values() : [])
    for (const { path } of await filesOf(manifest, files)) data.delete(path);
  return [...gone.map((s) => s['manifest-list']), ...lost.map((m) => m.manifest_path), ...data];
}

/** The manifests of snapshots by path, each once. */
async function manifestsBy(
  snapshots: readonly Snapshot[],
  files: Files,
): Promise<Map<string, ManifestListEntry>> {
  const found = new Map<string, ManifestListEntry>();
  for (const snapshot of snapshots)
    for (const manifest of await manifestsOf(snapshot, files)) found.set(manifest.manifest_path, manifest);
  return found;
}

/** Snapshot expiry: drops old snapshots from the metadata and finds the files nothing reaches any more. */
import type { ManifestListEntry } from './manifest.ts';
import type { Snapshot, TableMetadata } from './metadata.ts';
import type { Files } from './model.ts';
import { isCompacted, rosterPath } from './roster.ts';
import { entriesOf, filesOf, manifestsOf } from './scan.ts';

export interface Retention {
  /** Snapshots younger than this stay, thinned out. Milliseconds since 1970. */
  readonly olderThan: number;
  /** So many of the newest stay whatever their age. */
  readonly keep: number;
  /** Of those younger, only so many of the newest stay all. @default no limit */
  readonly recent?: number;
  /** Of the rest, the last of each span of so many milliseconds stays. */
  readonly span?: number;
  /** Moments that can be gone back to: for each, the snapshot of then stays. Milliseconds since 1970. */
  readonly moments?: readonly number[];
}

/** The snapshots that go; never the current one, nor one that a branch or tag names. */
export function expired(
  { snapshots, refs, 'current-snapshot-id': current }: TableMetadata,
  { olderThan, keep, recent = Number.POSITIVE_INFINITY, span = 1, moments = [] }: Retention,
): Snapshot[] {
  const newest = (most: number) => snapshots.slice(Math.max(0, snapshots.length - most));
  const young = (s: Snapshot) => s['timestamp-ms'] >= olderThan;
  const last = new Map(snapshots.map((s) => [Math.floor(s['timestamp-ms'] / span), s]));
  const stay = new Set([...newest(keep), ...newest(recent).filter(young), ...last.values().filter(young)]);
  for (const moment of moments) stay.add(snapshots.findLast((s) => s['timestamp-ms'] <= moment)!);
  const named = new Set([current, ...Object.values(refs).map((ref) => ref['snapshot-id'])]);
  return snapshots.filter((s) => !stay.has(s) && !named.has(s['snapshot-id']));
}

/**
 * Metadata without some of its snapshots. The log goes on from the last one that is gone: over a gap it would have
 * readers take what stood there earlier for what stood there then.
 */
export function withoutSnapshots(metadata: TableMetadata, gone: readonly Snapshot[]): TableMetadata {
  const ids = new Set(gone.map((snapshot) => snapshot['snapshot-id']));
  const log = metadata['snapshot-log'];
  return {
    ...metadata,
    snapshots: metadata.snapshots.filter((snapshot) => !ids.has(snapshot['snapshot-id'])),
    'snapshot-log': log.slice(1 + log.findLastIndex((entry) => ids.has(entry['snapshot-id']))),
  };
}

/** Files that only expired snapshots reach: manifest lists, manifests, data files. Safe to delete once the metadata is swapped. */
export async function unreachable(
  after: TableMetadata,
  gone: readonly Snapshot[],
  files: Files,
): Promise<string[]> {
  // The newest first: what it holds need not be looked for in all the others.
  const kept = await manifestsBy(after.snapshots.toReversed(), files);
  const lost = [...(await manifestsBy(gone, files)).values()].filter((m) => !kept.has(m.manifest_path));
  const data = new Map<string, number>();
  for (const manifest of lost)
    for (const entry of await entriesOf(manifest, files))
      data.set(entry.data_file.file_path, entry.sequence_number!);
  for (const manifest of kept.values())
    if (data.values().some((sequence) => mayHold(manifest, sequence)))
      for (const { path } of await filesOf(manifest, files)) data.delete(path);
  const rosters = [...data.keys()].filter(isCompacted).map(rosterPath);
  return [
    ...gone.map((s) => s['manifest-list']),
    ...lost.map((m) => m.manifest_path),
    ...data.keys(),
    ...rosters,
  ];
}

/** Whether a file of this sequence number can be live in a manifest. */
const mayHold = (manifest: ManifestListEntry, sequence: number): boolean =>
  manifest.min_sequence_number <= sequence && sequence <= manifest.sequence_number;

/** The manifests of snapshots by path, each once. */
async function manifestsBy(
  snapshots: readonly Snapshot[],
  files: Files,
): Promise<Map<string, ManifestListEntry>> {
  const lists = await Promise.all(snapshots.map((snapshot) => manifestsOf(snapshot, files)));
  return new Map(lists.flat().map((manifest) => [manifest.manifest_path, manifest]));
}

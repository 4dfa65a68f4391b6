/** The manifests of a commit: files added, files of deliveries removed, small manifests merged. */
import type { Change, Head } from './head.ts';
import {
  ADDED,
  DELETED,
  EXISTING,
  type ManifestEntry,
  type ManifestListEntry,
  writeManifest,
} from './manifest.ts';
import { manifestFile } from './manifest-file.ts';
import { deliveryOf, type SnapshotId, type TableMetadata } from './metadata.ts';
import type { DataFile, Files } from './model.ts';
import { holds, rewritten } from './moved.ts';
import { type Listed, liveEntriesOf } from './scan.ts';
import { type Tally, tally } from './summary.ts';

/** So many manifests of about one size are merged to one of the next size: a file is listed anew once a size. */
const MERGED = 10;
/** Manifests of more files than this stay as they are. */
const LARGE = 10_000;

/** What tells one attempt at a commit from others. */
export type Attempt = Pick<Change, 'location' | 'now' | 'nonce'>;

/** The commit a manifest is written for. */
export interface At {
  readonly change: Attempt;
  readonly head: Head;
  readonly sequence: number;
  readonly snapshotId: SnapshotId;
}

/** A manifest to be written, and its line in the list. */
export interface Written {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly listed: ManifestListEntry;
}

async function manifest(
  name: string,
  entries: readonly ManifestEntry[],
  specId: number,
  at: At,
): Promise<Written> {
  const path = `${at.change.location}/metadata/${at.change.nonce}-${name}.avro`;
  const spec = at.head['partition-specs'].find((s) => s['spec-id'] === specId)!;
  const { schema } = at.head;
  return {
    path,
    ...(await writeManifest({
      path,
      entries,
      spec,
      schema,
      snapshotId: at.snapshotId,
      sequence: at.sequence,
    })),
  };
}

/** Lists the files a commit adds. */
export function appendManifest(append: readonly DataFile[], at: At): Promise<Written> {
  const spec = at.head['partition-specs'].find((s) => s['spec-id'] === at.head.specId)!;
  const entries = append.map((file) => ({
    status: ADDED,
    snapshot_id: at.snapshotId,
    sequence_number: null,
    file_sequence_number: null,
    data_file: manifestFile(file, spec, at.head.schema),
  }));
  return manifest('add', entries, spec['spec-id'], at);
}

/** Files to take out of a table, and others to bring back. */
export interface TableRevision {
  /** Recorded in the snapshot, so that it is done once. */
  readonly id: string;
  readonly gone: ReadonlySet<string>;
  readonly back: readonly Listed[];
  /** The schema in force from then on. @default the one that is */
  readonly schemaId?: number;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/**
 * Lists files that come back, a manifest for each partitioning. They keep the sequence number of their first commit:
 * by it expiry tells which manifests may need a file.
 */
export const backManifests = (back: readonly Listed[], at: At): Promise<Written[]> =>
  Promise.all(
    [...Map.groupBy(back, ({ specId }) => specId)].map(([specId, listed]) => {
      const entries = listed.map(({ entry }) => ({
        ...entry,
        ...{ status: ADDED, snapshot_id: at.snapshotId, file_sequence_number: null },
      }));
      return manifest(`back${specId}`, entries, specId, at);
    }),
  );

/** The manifests of a table after some of its files have left it. */
export interface Removal {
  readonly kept: readonly ManifestListEntry[];
  readonly rewritten: readonly Written[];
  readonly removed: Tally;
}

/** Rewrites the manifests that list files of removed deliveries; the others stay as they are. */
export async function removeDeliveries(
  before: readonly ManifestListEntry[],
  metadata: TableMetadata | undefined,
  remove: readonly string[],
  at: At,
  files: Files,
): Promise<Removal> {
  if (remove.length === 0 || !metadata)
    return { kept: before.filter((m) => filesIn(m) > 0), rewritten: [], removed: tally([]) };
  const check = (entry: ManifestEntry) => {
    if (holds(entry, remove, at.head.schema).length > 0) throw rewritten(entry.data_file.file_path);
  };
  return removeFiles(before, (path) => remove.includes(deliveryOf(path)), at, files, check);
}

/** Rewrites the manifests that list files which leave; the others stay as they are. @param check sees every live file */
export async function removeFiles(
  before: readonly ManifestListEntry[],
  leaves: (path: string) => boolean,
  at: At,
  files: Files,
  check: (entry: ManifestEntry) => void = () => {},
): Promise<Removal> {
  const kept: ManifestListEntry[] = [];
  const rewrites: Written[] = [];
  const removed: ManifestEntry[] = [];
  for (const listed of before.filter((m) => filesIn(m) > 0)) {
    const entries = await liveEntriesOf(listed, files);
    entries.forEach(check);
    const leaving = new Set(entries.filter(({ data_file }) => leaves(data_file.file_path)));
    if (leaving.size === 0) {
      kept.push(listed);
      continue;
    }
    removed.push(...leaving);
    const after = entries.map((entry) =>
      leaving.has(entry)
        ? { ...entry, status: DELETED, snapshot_id: at.snapshotId }
        : { ...entry, status: EXISTING },
    );
    rewrites.push(await manifest(`rewrite${rewrites.length}`, after, listed.partition_spec_id, at));
  }
  return { kept, rewritten: rewrites, removed: tally(removed) };
}

/**
 * Joins manifests of one spec and about one size once there are enough of them, so that neither their number nor what a
 * commit writes goes with the table's age. Entries keep their sequence numbers.
 */
export async function mergeSmall(
  listed: readonly ManifestListEntry[],
  fresh: readonly Written[],
  at: At,
  files: Files,
) {
  const untouched = new Set(fresh.map(({ path }) => path));
  const small = listed.filter(
    (m) =>
      !untouched.has(m.manifest_path) &&
      m.content === 0 &&
      filesIn(m) < LARGE &&
      m.partition_spec_id === at.head.specId,
  );
  const alike = Map.groupBy(small, (m) => Math.floor(Math.log10(filesIn(m))))
    .values()
    .filter((group) => group.length >= MERGED);
  const joined = await Promise.all(alike.map((group, i) => join(`merge${i}`, group, at, files)));
  const gone = new Set(joined.flatMap(({ group }) => group));
  return {
    listed: [...joined.map(({ written }) => written.listed), ...listed.filter((m) => !gone.has(m))],
    writes: [...fresh, ...joined.map(({ written }) => written)],
  };
}

const filesIn = (m: ManifestListEntry): number => m.added_files_count + m.existing_files_count;

/** One manifest of what is live in several. */
async function join(name: string, group: readonly ManifestListEntry[], at: At, files: Files) {
  const live = await Promise.all(group.map((m) => liveEntriesOf(m, files)));
  const entries = live.flat().map((entry) => ({ ...entry, status: EXISTING }));
  return { group, written: await manifest(name, entries, at.head.specId, at) };
}

/** Plans a commit: which documents to write so that a table shows new deliveries and no longer shows others. */
import { WharfError } from '../errors.ts';
import { type Change, evolveHead, type Head, headOf, withSnapshot } from './head.ts';
import { logPrevious } from './log.ts';
import { type ManifestListEntry, writeManifestList } from './manifest.ts';
import {
  currentSnapshot,
  DELIVERIES,
  deliveryOf,
  formatMetadata,
  REVISION,
  revisionIn,
  type Snapshot,
  type SnapshotId,
  type TableMetadata,
  versionOf,
} from './metadata.ts';
import type { DataFile, Files } from './model.ts';
import {
  type At,
  type Attempt,
  appendManifest,
  backManifests,
  mergeSmall,
  type Removal,
  removeDeliveries,
  removeFiles,
  type TableRevision,
} from './rewrite.ts';
import { type Listed, manifestsOf } from './scan.ts';
import { type Operation, summary } from './summary.ts';

export interface Plan {
  readonly metadata: TableMetadata;
  readonly metadataPath: string;
  readonly writes: readonly { readonly path: string; readonly bytes: Uint8Array }[];
  readonly snapshotId: SnapshotId;
  /** Files nobody needs once the pointer is swapped. */
  readonly obsolete: readonly string[];
}

/** What a commit starts from: the current metadata and its path, or nothing for a new table. */
export interface Base {
  readonly metadata: TableMetadata;
  readonly path: string;
}

/**
 * Plans a commit on `base` of the deliveries that are not `done`. Undefined: there is nothing to do.
 * The caller writes `writes`, swaps the catalog's pointer to `metadataPath` and then deletes what is `obsolete`.
 * @throws WharfError `lake.incompatible_type`
 */
export async function planCommit(
  base: Base | undefined,
  change: Change,
  done: ReadonlyMap<string, SnapshotId>,
  files: Files,
): Promise<Plan | undefined> {
  const fresh = new Set(change.deliveries.filter((delivery) => !done.has(delivery)));
  if (fresh.size === 0) return undefined;
  const append = change.append.filter(({ path }) => fresh.has(deliveryOf(path)));
  const at = begin(base, change);
  const before = await manifestsIn(base, files);
  const removal = await removeDeliveries(before, base?.metadata, change.remove, at, files);
  if (append.length === 0 && removal.removed.files === 0) return undefined;
  const operation = removal.removed.files > 0 ? 'overwrite' : 'append';
  const step = { append, removal, operation, said: { [DELIVERIES]: [...fresh].join(',') } } as const;
  return finish(base, at, step, files);
}

/**
 * Plans to put files in the place of others with the same rows: no reader sees a difference.
 * Undefined: not all of those are there any more.
 */
export async function planReplace(
  base: Base,
  change: Change,
  gone: ReadonlySet<string>,
  files: Files,
): Promise<Plan | undefined> {
  const at = begin(base, change);
  const all = await manifestsIn(base, files);
  // What is listed anew gets the partitioning of today; files of another one are not there for this.
  const { today = [], other = [] } = Object.groupBy(all, (m) =>
    m.partition_spec_id === at.head.specId ? 'today' : 'other',
  );
  const found = await removeFiles(today, (path) => gone.has(path), at, files);
  if (found.removed.files < gone.size) return undefined;
  const removal = { ...found, kept: [...found.kept, ...other] };
  return finish(base, at, { append: change.append, removal, operation: 'replace', said: {} }, files);
}

/**
 * Plans to take files out of a table and to bring back others that an earlier snapshot shows.
 * Undefined: nothing is to change, or this was done before.
 * @throws WharfError `catalog.conflict` (transient) where a file that is to go has gone meanwhile
 */
export async function planRevision(
  base: Base,
  { id, gone, back, schemaId, now, nonce }: TableRevision & { readonly nonce: string },
  files: Files,
): Promise<Plan | undefined> {
  if (revisionIn(base.metadata, id) || gone.size + back.length === 0) return undefined;
  const change = { location: base.metadata.location, now, nonce };
  const at = attempt(base, headOf(base.metadata, schemaId), change);
  const removal = await removeFiles(await manifestsIn(base, files), (path) => gone.has(path), at, files);
  if (removal.removed.files < gone.size)
    throw new WharfError(`Files of ${change.location} were rewritten at the same time`, {
      code: 'catalog.conflict',
      route: 'transient',
      fix: 'It is tried again by itself, on what is there now',
    });
  const operation = back.length > 0 ? 'overwrite' : 'delete';
  return finish(base, at, { append: [], back, removal, operation, said: { [REVISION]: id } }, files);
}

const begin = (base: Base | undefined, change: Change): At =>
  attempt(base, evolveHead(base?.metadata, change), change);

function attempt(base: Base | undefined, head: Head, change: Attempt): At {
  return {
    change,
    head,
    sequence: (base?.metadata['last-sequence-number'] ?? 0) + 1,
    // 52 bits: exact also where others read ids as JavaScript numbers.
    snapshotId: BigInt(`0x${change.nonce.slice(0, 13)}`),
  };
}

const manifestsIn = async (base: Base | undefined, files: Files): Promise<ManifestListEntry[]> =>
  base ? manifestsOf(currentSnapshot(base.metadata), files) : [];

interface Step {
  readonly append: readonly DataFile[];
  readonly back?: readonly Listed[];
  readonly removal: Removal;
  readonly operation: Operation;
  /** What the snapshot is to say beside its counts. */
  readonly said: Readonly<Record<string, string>>;
}

/** The documents of a snapshot in which files came and went. */
async function finish(
  base: Base | undefined,
  at: At,
  { append, back = [], removal, operation, said }: Step,
  files: Files,
): Promise<Plan> {
  const { change, head, sequence, snapshotId } = at;
  const added = [
    ...(append.length ? [await appendManifest(append, at)] : []),
    ...(await backManifests(back, at)),
  ];
  const merged = await mergeSmall(
    [...removal.kept, ...removal.rewritten.map((r) => r.listed)],
    removal.rewritten,
    at,
    files,
  );
  const manifests = [...added.map((m) => m.listed), ...merged.listed];
  const list = {
    path: `${change.location}/metadata/snap-${snapshotId}-${change.nonce}.avro`,
    bytes: await writeManifestList(manifests, {
      snapshotId,
      parent: base?.metadata['current-snapshot-id'],
      sequence,
    }),
  };
  const snapshot: Snapshot = {
    'snapshot-id': snapshotId,
    ...(base ? { 'parent-snapshot-id': base.metadata['current-snapshot-id'] } : {}),
    'sequence-number': sequence,
    'timestamp-ms': change.now,
    'manifest-list': list.path,
    'schema-id': head.schema['schema-id'],
    summary: {
      ...summary(
        base?.metadata,
        { append, back: back.map(({ entry }) => entry) },
        removal.removed,
        operation,
      ),
      ...said,
    },
  };
  const { log, obsolete } = base ? logPrevious(base) : { log: [], obsolete: [] };
  const metadata = withSnapshot(base?.metadata, head, snapshot, log, change);
  const metadataPath = `${change.location}/metadata/${String(versionOf(base?.path) + 1).padStart(5, '0')}-${change.nonce}.metadata.json`;
  const document = { path: metadataPath, bytes: formatMetadata(metadata) };
  return {
    metadata,
    metadataPath,
    snapshotId,
    obsolete,
    writes: [...[...added, ...merged.writes, list].map(({ path, bytes }) => ({ path, bytes })), document],
  };
}

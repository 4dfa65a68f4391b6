/** Reads and commits tables through a catalog, whatever the catalog is. */
import { WharfError } from '../errors.ts';
import { type Base, type Plan, planCommit } from './commit.ts';
import { expired, type Retention, unreachable, withoutSnapshots } from './expire.ts';
import type { Change } from './head.ts';
import { logPrevious } from './log.ts';
import { formatMetadata, parseMetadata, type SnapshotId, versionOf } from './metadata.ts';
import type { Catalog, Files } from './model.ts';
import { settled } from './settled.ts';

/** A table's current metadata and where it stands; undefined where there is no such table. */
export async function loadTable(catalog: Catalog, files: Files, table: string): Promise<Base | undefined> {
  const path = await catalog.current(table);
  return path === undefined ? undefined : { path, metadata: parseMetadata(await files.read(path)) };
}

/** How often a commit starts anew when another one was faster. */
const ATTEMPTS = 8;

const isConflict = (error: unknown): boolean =>
  error instanceof WharfError && error.code === 'catalog.conflict';

export interface CommitOptions {
  readonly catalog: Catalog;
  readonly files: Files;
  readonly table: string;
  /** A fresh nonce for each attempt: what a failed attempt wrote is never mistaken for another's. */
  readonly nonce: () => string;
  /** The table as the caller has just loaded it. @default it is loaded */
  readonly base?: Base;
}

/**
 * Commits a change, again from the new state when somebody else was first.
 * @returns the snapshot that shows the change: a new one, or the earlier one that had it already; undefined where
 * there was nothing to show
 * @throws WharfError `catalog.conflict` (transient) after several lost races
 */
export async function commitChange(
  change: Omit<Change, 'nonce'>,
  options: CommitOptions,
): Promise<SnapshotId | undefined> {
  let done: ReadonlyMap<string, SnapshotId> = new Map();
  const committed = await commitPlanned(options, async (base, nonce) => {
    done = base ? await settled(base.metadata, change, options.files) : new Map();
    return planCommit(base, { ...change, nonce }, done, options.files);
  });
  return committed ?? done.get(change.deliveries[0] ?? '');
}

/** Commits what is planned on the table as it is; planned anew when somebody else was first. */
export async function commitPlanned(
  options: CommitOptions,
  planOn: (base: Base | undefined, nonce: string) => Promise<Plan | undefined> | undefined,
): Promise<SnapshotId | undefined> {
  const { catalog, files, table, nonce } = options;
  for (let attempt = 1; ; attempt++) {
    const base = (attempt === 1 && options.base) || (await loadTable(catalog, files, table));
    const plan = await planOn(base, nonce());
    if (!plan) return undefined;
    await Promise.all(plan.writes.map(({ path, bytes }) => files.write(path, bytes)));
    try {
      await catalog.swap(table, base?.path, plan.metadataPath, plan.metadata);
      await tidy(files, plan.obsolete);
      return plan.snapshotId;
    } catch (error) {
      if (!isConflict(error)) throw error;
      // It may be our own swap that is in the way, where its answer was lost and others have committed since.
      const standing = await loadTable(catalog, files, table);
      if (standing?.metadata.snapshots.some((s) => s['snapshot-id'] === plan.snapshotId))
        return plan.snapshotId;
      await files.delete(plan.writes.map(({ path }) => path));
      if (attempt === ATTEMPTS) throw error;
    }
  }
}

/** Drops snapshots past their time and deletes what nothing reaches any more. @returns how many went */
export async function expireSnapshots(retention: Retention, options: CommitOptions): Promise<number> {
  const { catalog, files, table, nonce } = options;
  const base = await loadTable(catalog, files, table);
  const gone = base ? expired(base.metadata, retention) : [];
  if (!base || gone.length === 0) return 0;
  const after = withoutSnapshots(base.metadata, gone);
  const dead = await unreachable(after, gone, files);
  const { log, obsolete } = logPrevious(base);
  const path = `${after.location}/metadata/${String(versionOf(base.path) + 1).padStart(5, '0')}-${nonce()}.metadata.json`;
  const metadata = { ...after, 'metadata-log': log };
  await files.write(path, formatMetadata(metadata));
  // Nothing is deleted unless this holds: somebody may have named an old snapshot meanwhile, or gone back to it.
  await catalog.swap(table, base.path, path, metadata);
  await tidy(files, [...obsolete, ...dead]);
  return gone.length;
}

/** Deletes what nobody needs. A file that stays does no harm and `wharf fsck` finds it: no reason to fail what holds. */
const tidy = (files: Files, paths: readonly string[]): Promise<void> => files.delete(paths).catch(() => {});

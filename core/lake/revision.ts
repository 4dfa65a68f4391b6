/** Undo and rollback of one table: which files leave it and which come back, found by comparing snapshots. */
import { WharfError } from '../errors.ts';
import { planRevision } from './commit.ts';
import type { Snapshot, SnapshotId, TableMetadata } from './metadata.ts';
import { committedDeliveries, currentSnapshot, deliveryOf, revisionIn } from './metadata.ts';
import type { Files } from './model.ts';
import { holds, rewritten } from './moved.ts';
import type { TableRevision } from './rewrite.ts';
import { isCompacted, readRoster } from './roster.ts';
import { type Listed, listedIn } from './scan.ts';
import type { IcebergSchema } from './schema.ts';
import { type CommitOptions, commitPlanned } from './table.ts';

/** What a table shows before and after a revision. */
export interface Revised extends Pick<TableRevision, 'gone' | 'back' | 'schemaId'> {
  /** Rows that come back, by their delivery; those that compaction put together are left out. */
  readonly rows: ReadonlyMap<string, number>;
  /** Deliveries whose rows it showed before. */
  readonly before: ReadonlySet<string>;
  readonly after: ReadonlySet<string>;
}

const pathOf = ({ entry }: Listed): string => entry.data_file.file_path;

/** A table without what is not there. */
export const unchanged: Revised = {
  ...{ gone: new Set(), back: [], rows: new Map(), before: new Set(), after: new Set() },
};

function rowsOf(back: readonly Listed[]): Map<string, number> {
  const rows = new Map<string, number>();
  for (const listed of back) {
    const delivery = deliveryOf(pathOf(listed));
    rows.set(delivery, (rows.get(delivery) ?? 0) + listed.entry.data_file.record_count);
  }
  return rows;
}

/** The snapshot that a revision starts from: where it was done before, the one before its own. */
export function startOf(metadata: TableMetadata, id: string): Snapshot {
  const own = revisionIn(metadata, id);
  const parent = own && metadata.snapshots.find((s) => s['snapshot-id'] === own['parent-snapshot-id']);
  return parent ?? currentSnapshot(metadata);
}

/** Deliveries that have rows in some files. */
export async function deliveriesIn(listed: readonly Listed[], files: Files): Promise<Set<string>> {
  const names = listed
    .map(pathOf)
    .map(async (path) =>
      isCompacted(path) ? Object.keys(await readRoster(path, files)) : [deliveryOf(path)],
    );
  return new Set((await Promise.all(names)).flat());
}

/** What makes a table what it was at a snapshot; at undefined: before its first. */
export async function revertTo(
  metadata: TableMetadata,
  id: string,
  target: Snapshot | undefined,
  files: Files,
): Promise<Revised> {
  const [now, then] = await Promise.all([
    listedIn(startOf(metadata, id), files),
    target ? listedIn(target, files) : [],
  ]);
  const [are, were] = [now, then].map((listed) => new Set(listed.map(pathOf))) as [Set<string>, Set<string>];
  const back = then.filter((listed) => !are.has(pathOf(listed)));
  return {
    ...{ gone: are.difference(were), back, rows: rowsOf(back) },
    schemaId: target?.['schema-id'],
    before: await deliveriesIn(now, files),
    after: await deliveriesIn(then, files),
  };
}

/** Deliveries to take out, and for each those whose place it had taken. */
export type TakenOut = ReadonlyMap<string, readonly string[]>;

/**
 * What takes deliveries out of a table and brings back those whose place they had taken, as far as a snapshot is kept
 * that shows them.
 * @throws WharfError `lake.rewritten`, `undo.compacted` where a file holds rows of others as well
 */
export async function takeOut(
  metadata: TableMetadata,
  id: string,
  out: TakenOut,
  files: Files,
): Promise<Revised> {
  const start = startOf(metadata, id);
  const now = await listedIn(start, files);
  const names = [...out.keys()];
  for (const listed of now) await requireOwn(listed, names, start, metadata, files);
  const gone = now.map(pathOf).filter((path) => out.has(deliveryOf(path)));
  const are = new Set(now.map(pathOf));
  const back: Listed[] = [];
  for (const [delivery, replaced] of out)
    if (replaced.length > 0)
      back.push(
        ...(await lastSeen(replaced, delivery, now, metadata, files)).filter((l) => !are.has(pathOf(l))),
      );
  const before = await deliveriesIn(now, files);
  const after = new Set([...before.difference(new Set(names)), ...(await deliveriesIn(back, files))]);
  return { gone: new Set(gone), back, rows: rowsOf(back), before, after };
}

async function requireOwn(
  { entry }: Listed,
  names: readonly string[],
  start: Snapshot,
  { schemas }: TableMetadata,
  files: Files,
): Promise<void> {
  const path = entry.data_file.file_path;
  const schema = schemas.find((s) => s['schema-id'] === start['schema-id']) as IcebergSchema;
  if (holds(entry, names, schema).length > 0) throw rewritten(path);
  if (!isCompacted(path)) return;
  const roster = await readRoster(path, files);
  const held = names.filter((name) => name in roster);
  if (held.length > 0)
    throw new WharfError(`Rows of ${held.join(', ')} share a file with others since they were compacted`, {
      code: 'undo.compacted',
      fix: '`wharf undo` sets them apart first; in AWS, invoke the function `compact` with the dataset and the deliveries, then ask again',
    });
}

/** The files of deliveries as the table showed them last before another took their place; none where that has expired. */
async function lastSeen(
  replaced: readonly string[],
  by: string,
  now: readonly Listed[],
  metadata: TableMetadata,
  files: Files,
): Promise<Listed[]> {
  const { snapshots } = metadata;
  const snapshot = committedDeliveries(metadata).get(by);
  const sequence =
    snapshots.find((s) => s['snapshot-id'] === snapshot)?.['sequence-number'] ??
    now.find((listed) => deliveryOf(pathOf(listed)) === by)?.entry.sequence_number;
  if (sequence === undefined || sequence === null) return [];
  const last = snapshots.findLast((s) => s['sequence-number'] < sequence);
  return last ? (await listedIn(last, files)).filter((l) => replaced.includes(deliveryOf(pathOf(l)))) : [];
}

/** Makes a revision of a table: once, however often it is asked for. @returns its snapshot; undefined where nothing changes */
export async function commitRevision(
  revision: TableRevision,
  options: CommitOptions,
): Promise<SnapshotId | undefined> {
  let done: Snapshot | undefined;
  const made = await commitPlanned(options, (base, nonce) => {
    done = base && revisionIn(base.metadata, revision.id);
    return base && planRevision(base, { ...revision, nonce }, options.files);
  });
  return made ?? done?.['snapshot-id'];
}

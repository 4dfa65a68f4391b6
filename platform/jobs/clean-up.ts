/** Clean-up: what only a while is worth keeping, and is neither rows nor a delivery's. */
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type ForgottenKind, forgotten, isForgotten } from '../../core/schedule/retention.ts';
import type { Items } from '../items.ts';
import type { ObjectStore } from '../objects.ts';

export interface CleanUpDeps {
  readonly items: Items;
  readonly objects: ObjectStore;
  readonly lakeBucket: string;
  /** Folder for files in the making. */
  readonly tmp: string;
  readonly now: () => Date;
}

/** What was deleted, by kind: items of the ledger, objects, files. */
export type CleanedUp = Readonly<Record<ForgottenKind | 'staging' | 'files', number>>;

const DAY = 86_400_000;
/** Runs over large files take hours at the most; the bucket's own rule has the same time (lib/storage.ts). */
const STAGING_MS = 3 * DAY;
/** Of functions that were killed: no one runs for a day. */
const FILES_MS = DAY;
const AT_ONCE = 16;

/** Deletes what is due; `days`: how long notes of the ledger are kept. */
export async function cleanUp(days: number, deps: CleanUpDeps): Promise<CleanedUp> {
  const { objects, lakeBucket, now } = deps;
  const items = await cleanLedger(new Date(now().getTime() - days * DAY), deps);
  const staged = await Array.fromAsync(objects.list(`s3://${lakeBucket}/staging/`));
  const old = staged.filter(({ modified }) => now().getTime() - modified.getTime() > STAGING_MS);
  await objects.delete(old.map(({ path }) => path));
  return { ...items, staging: old.length, files: await cleanFolder(deps) };
}

async function cleanLedger(
  before: Date,
  { items, now }: CleanUpDeps,
): Promise<Record<ForgottenKind, number>> {
  const kinds = Object.keys(forgotten);
  const counts = Object.fromEntries(kinds.map((kind) => [kind, 0]));
  let waiting: Promise<void>[] = [];
  const fields = [...new Set(Object.values(forgotten))];
  for await (const item of items.scan(
    kinds.map((kind) => `${kind}#`),
    fields,
  )) {
    const kind = isForgotten(item, { before, now: now() });
    if (!kind) continue;
    // Whoever wrote it anew meanwhile keeps it.
    const gone = items.deleteIf(item, forgotten[kind]).then((done) => {
      counts[kind]! += Number(done);
    });
    if (waiting.push(gone) < AT_ONCE) continue;
    await Promise.all(waiting);
    waiting = [];
  }
  await Promise.all(waiting);
  return counts as Record<ForgottenKind, number>;
}

async function cleanFolder({ tmp, now }: CleanUpDeps): Promise<number> {
  const names = await readdir(tmp).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  let gone = 0;
  for (const name of names) {
    const { mtimeMs } = await stat(join(tmp, name));
    if (now().getTime() - mtimeMs <= FILES_MS) continue;
    await rm(join(tmp, name), { recursive: true, force: true });
    gone++;
  }
  return gone;
}

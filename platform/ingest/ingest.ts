/**
 * Steps 2 to 6 of a file's way: from "an object was created" to files in the lake and a message to the committer.
 * Every step may run again after a crash; nothing is visible to readers before the commit.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { namesInFiles } from '../../core/contract/contract.ts';
import { reason } from '../../core/contract/reasons.ts';
import { isReplay, parseKey } from '../../core/delivery/key.ts';
import type { Delivery, Manifest } from '../../core/delivery/model.ts';
import { WharfError } from '../../core/errors.ts';
import { look } from '../drift/look.ts';
import type { FindContract } from '../drift/registry.ts';
import type { DriftStore } from '../drift/store.ts';
import { type Engine, isTooLarge, type Session } from '../engine/duckdb.ts';
import { fetchFile } from '../fetch/index.ts';
import type { Ledger } from '../ledger.ts';
import type { Limits } from '../limits.ts';
import type { Lineage } from '../lineage.ts';
import type { ObjectStore, OpenedObject } from '../objects.ts';
import { namedIn } from '../replay/again.ts';
import { fetchReplay, produceReplay } from '../replay/take.ts';
import type { AskCommit } from './ask-commit.ts';
import { fail, hold, openEntry, refuse, refuseMissing, skipDuplicate, takeUp } from './entry.ts';
import { handOver } from './hand-over.ts';
import { markOf } from './identity.ts';
import type { Notice } from './notice.ts';
import { produce } from './produce.ts';
import { newPrefix } from './publish.ts';
import type { Schemas } from './schemas.ts';

export interface IngestDeps extends Lineage {
  readonly contract: FindContract;
  /** Where drift is kept; absent: nobody looks for any. */
  readonly drift?: DriftStore;
  readonly objects: ObjectStore;
  readonly ledger: Ledger;
  readonly schemas: Schemas;
  readonly engine: () => Promise<Engine>;
  readonly askCommit: AskCommit;
  readonly lakeBucket: string;
  readonly limits: Limits;
  /** Folder for files in the making. */
  readonly tmp: string;
  readonly now: () => Date;
  /** The road for what no function can hold; absent: there is none, and DuckDB takes all. */
  readonly distributed?: Distributed;
}

export interface Distributed {
  /** Bytes above which an object goes this way. */
  readonly over: number;
  /** Bytes of the largest that may. */
  readonly upTo: number;
  /** Starts the work on a delivery. Starting it twice is harmless: the first to say `written` has done it. */
  start(entry: Delivery): Promise<void>;
}

/** Takes in one object. Returns when its files are written and the committer is asked, or when there is nothing to do. */
export async function ingest(notice: Notice, deps: IngestDeps): Promise<void> {
  const object = await deps.objects.open(notice.bucket, notice.key, notice.version);
  if (!object) return notice.delivery ? gone(notice.delivery, deps) : refuseMissing(notice, deps);
  try {
    const entry = await openEntry(notice, object, deps);
    if (notice.delivery && notice.delivery !== entry.delivery) await gone(notice.delivery, deps);
    if (await takeUp(entry, deps)) await take(entry, object, deps);
  } finally {
    object.body.destroy();
  }
}

/** Closes a delivery that was to go on, and whose object no longer stands under its key. */
async function gone(delivery: string, deps: IngestDeps): Promise<void> {
  const entry = await deps.ledger.get(delivery);
  if (entry) await refuse(entry, reason('object_missing'), deps);
}

/** Records the error of a delivery whose retries are used up; the message itself goes to the dead-letter queue. */
export async function markFailed(notice: Notice, error: unknown, deps: IngestDeps): Promise<void> {
  const object = await deps.objects.look(notice.bucket, notice.key, notice.version);
  if (object) await fail(await openEntry(notice, object, deps), error, deps);
}

/** Fetches an object that may belong to a dataset and is not too large. */
async function take(entry: Delivery, object: OpenedObject, deps: IngestDeps): Promise<void> {
  const { limits } = deps;
  const key = parseKey(entry.key);
  // What says of itself that it releases refused rows is believed where nobody but Wharf writes.
  if (isReplay(entry.key) && entry.bucket !== deps.lakeBucket)
    return refuse(entry, reason('unknown_dataset'), deps);
  if (!key.ok) return refuse(entry, key.reason, deps);
  const contract = await deps.contract(entry.dataset);
  if (!contract) return refuse(entry, reason('unknown_dataset', entry.dataset), deps);
  if (entry.engine === 'trino') return distribute(entry, deps);
  if (object.bytes > limits.objectBytes) return refuse(entry, reason('too_large', 'object'), deps);
  await mkdir(deps.tmp, { recursive: true });
  const dir = await mkdtemp(join(deps.tmp, 'ingest-'));
  try {
    if (isReplay(entry.key)) {
      const replay = await fetchReplay(object.body, dir);
      const twin = await twinOf(entry, replay.sha256, deps);
      if (twin) return await skipDuplicate(entry, twin, replay.sha256, deps);
      const make: Make = (session, prefix) =>
        produceReplay(session, replay, { entry, contract, dir, prefix }, deps);
      return await write(entry, make, deps);
    }
    const named = namedIn(contract, object);
    const known = new Set(namesInFiles(named));
    const fetched = await fetchFile(object.body, { name: key.name, dir, limits, known });
    if (!fetched.ok) return await refuse(entry, fetched.reason, deps);
    const { sha256 } = fetched.file;
    const twin = await twinOf(entry, sha256, deps);
    if (twin) return await skipDuplicate(entry, twin, sha256, deps);
    const { file } = fetched;
    const { drift } = deps;
    const seen = drift
      ? await look(entry.delivery, named, file, entry.approval !== undefined, { ...deps, drift })
      : ({ go: true, contract: named } as const);
    if (!seen.go && seen.state === 'held') return await wait(entry, seen.approval, deps);
    if (!seen.go) return await refuse(entry, reason('schema_drift', seen.approval), deps, seen.approval);
    const judged = seen.contract === named ? named : namedIn(seen.contract, object);
    const make: Make = (session, prefix) =>
      produce(session, { entry, contract: judged, file, dir, prefix }, deps);
    await write(entry, make, deps);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** Sends a delivery the other way. Who it is the same as is told by the object's own mark: nobody reads it for that. */
async function distribute(entry: Delivery, deps: IngestDeps): Promise<void> {
  const { distributed } = deps;
  if (!distributed || entry.bytes > distributed.upTo)
    return refuse(entry, reason('too_large', 'object'), deps);
  const mark = markOf(entry);
  const twin = await twinOf(entry, mark, deps);
  if (twin) return skipDuplicate(entry, twin, mark, deps);
  await distributed.start(entry);
}

/** Leaves a delivery to wait, unless somebody has decided meanwhile: who did so may not have seen that it waits. */
async function wait(entry: Delivery, approval: string, deps: IngestDeps): Promise<void> {
  await hold(entry, approval, deps);
  if ((await deps.drift?.approval(approval))?.state === 'pending') return;
  await deps.ledger.update(entry.delivery, { state: 'ingesting' }, ['held']);
  throw new WharfError('The change of its columns was decided about meanwhile', {
    code: 'drift.decided',
    route: 'transient',
    fix: 'Nothing: it is taken in with the next try',
  });
}

/** Another delivery that brought the same content. */
async function twinOf(
  { delivery, dataset }: Delivery,
  sha256: string,
  { ledger }: IngestDeps,
): Promise<Delivery | undefined> {
  const holder = await ledger.holder(dataset, sha256);
  return holder && holder !== delivery ? ledger.get(holder) : undefined;
}

/** Makes files on local disk, whose names start with `prefix`; or says why the delivery is refused whole. */
type Make = (session: Session, prefix: string) => Promise<Manifest | string>;

/** Makes and publishes a delivery's files; of several workers on one delivery, the first to say `written` has done it. */
async function write(entry: Delivery, make: Make, deps: IngestDeps): Promise<void> {
  const prefix = newPrefix(entry.delivery);
  const engine = await deps.engine();
  const manifest = await engine
    .session((session) => make(session, prefix))
    .catch((error: unknown) => {
      if (isTooLarge(error)) return reason('too_large', 'memory');
      throw error;
    });
  if (typeof manifest === 'string') return refuse(entry, manifest, deps);
  await handOver(manifest, prefix, (target, path) => deps.objects.upload(target, path), deps);
}

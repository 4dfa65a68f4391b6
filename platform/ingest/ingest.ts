/**
 * Steps 2 to 6 and 8 of a file's way: from "an object was created" to files in the lake and a message to the
 * committer. Every step may run again after a crash; nothing is visible to readers before the commit.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Contract } from '../../core/contract/model.ts';
import { reason } from '../../core/contract/reasons.ts';
import { assertBalanced } from '../../core/delivery/books.ts';
import { parseKey } from '../../core/delivery/key.ts';
import { type Delivery, emptyBooks, isClosed, type Manifest } from '../../core/delivery/model.ts';
import { fieldIds } from '../../core/lake/schema.ts';
import type { Engine, Session } from '../engine/duckdb.ts';
import { openSource } from '../engine/source.ts';
import { writeAccepted, writeRefused } from '../engine/write.ts';
import { type Fetched, fetchFile } from '../fetch/index.ts';
import type { Ledger } from '../ledger.ts';
import type { Limits } from '../limits.ts';
import type { ObjectStore, OpenedObject, SeenObject } from '../objects.ts';
import { companion } from './companion.ts';
import { skipDuplicate } from './duplicate.ts';
import { deliveryId, deliveryOrder } from './identity.ts';
import type { Notice } from './notice.ts';
import { lakePaths, publish } from './publish.ts';
import type { Schemas } from './schemas.ts';

export interface IngestDeps {
  readonly contract: (dataset: string) => Contract | undefined;
  readonly objects: ObjectStore;
  readonly ledger: Ledger;
  readonly schemas: Schemas;
  readonly engine: () => Promise<Engine>;
  /** Asks the committer to commit a delivery. Asking twice is harmless. */
  readonly askCommit: (delivery: string, dataset: string) => Promise<void>;
  readonly lakeBucket: string;
  readonly limits: Limits;
  /** Folder for files in the making. */
  readonly tmp: string;
  readonly now: () => Date;
}

/** Takes in one object. Returns when its files are written and the committer is asked, or when there is nothing to do. */
export async function ingest(notice: Notice, deps: IngestDeps): Promise<void> {
  const object = await deps.objects.open(notice.bucket, notice.key, notice.version);
  if (!object) return refuseMissing(notice, deps);
  try {
    const entry = await openEntry(notice, object, deps);
    if (isClosed(entry.state)) return;
    if (entry.state === 'written') return await deps.askCommit(entry.delivery, entry.dataset);
    await take(entry, object, deps);
  } finally {
    object.body.destroy();
  }
}

/** Records the error of a delivery whose retries are used up; the message itself goes to the dead-letter queue. */
export async function markFailed(notice: Notice, error: unknown, deps: IngestDeps): Promise<void> {
  const object = await deps.objects.look(notice.bucket, notice.key, notice.version);
  if (!object) return;
  const entry = await openEntry(notice, object, deps);
  const ended = deps.now();
  await deps.ledger.update(
    entry.delivery,
    {
      state: 'failed',
      error: String((error as Error).message),
      ended_at: ended.toISOString(),
      ms: ended.getTime() - Date.parse(entry.started_at),
    },
    ['ingesting'],
  );
}

function newEntry(notice: Notice, object: SeenObject, now: Date): Delivery {
  const key = parseKey(notice.key);
  return {
    ...emptyBooks,
    delivery: deliveryId(notice.bucket, notice.key, object),
    dataset: key.ok ? key.dataset : 'unknown',
    bucket: notice.bucket,
    key: notice.key,
    etag: object.etag,
    version: object.version,
    order: deliveryOrder(object, notice.sequencer),
    bytes: object.bytes,
    state: 'ingesting',
    reasons: {},
    files: 0,
    engine: 'duckdb',
    landed_at: object.lastModified.toISOString(),
    started_at: now.toISOString(),
    attempts: 0,
  };
}

async function openEntry(notice: Notice, object: SeenObject, { ledger, now }: IngestDeps): Promise<Delivery> {
  const entry = newEntry(notice, object, now());
  if (await ledger.open(entry)) return entry;
  return (await ledger.get(entry.delivery)) ?? entry;
}

/** Deleted before it could be read: there is no content to identify, so the key and event stand for it. */
async function refuseMissing(notice: Notice, deps: IngestDeps): Promise<void> {
  const gone = {
    etag: `missing-${notice.sequencer}`,
    bytes: 0,
    version: notice.version,
    lastModified: new Date(0),
  };
  const entry = newEntry(notice, gone, deps.now());
  await deps.ledger.open({ ...entry, landed_at: entry.started_at });
  await refuse(entry, reason('object_missing'), 0, deps);
}

async function refuse(
  entry: Delivery,
  why: string,
  bytes: number,
  { ledger, now }: IngestDeps,
): Promise<void> {
  const ended = now();
  await ledger.update(
    entry.delivery,
    {
      state: 'refused',
      reasons: { [why]: 1 },
      bytes: bytes || entry.bytes,
      ended_at: ended.toISOString(),
      ms: ended.getTime() - Date.parse(entry.started_at),
    },
    ['ingesting'],
  );
}

async function take(entry: Delivery, object: OpenedObject, deps: IngestDeps): Promise<void> {
  const key = parseKey(entry.key);
  if (!key.ok) return refuse(entry, key.reason, object.bytes, deps);
  const contract = deps.contract(entry.dataset);
  if (!contract) return refuse(entry, reason('unknown_dataset', entry.dataset), object.bytes, deps);
  if (object.bytes > deps.limits.objectBytes)
    return refuse(entry, reason('too_large', 'object'), object.bytes, deps);
  await mkdir(deps.tmp, { recursive: true });
  const dir = await mkdtemp(join(deps.tmp, 'ingest-'));
  try {
    const known = new Set(contract.fields.flatMap(({ name, aliases }) => [name, ...aliases]));
    const fetched = await fetchFile(object.body, { name: key.name, dir, limits: deps.limits, known });
    if (!fetched.ok) return await refuse(entry, fetched.reason, fetched.bytes, deps);
    const twin = await twinOf(entry, contract, fetched.file.sha256, deps);
    if (twin) return await skipDuplicate(entry, twin, fetched.file.sha256, deps);
    await write(entry, contract, fetched.file, dir, deps);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function twinOf(
  entry: Delivery,
  contract: Contract,
  sha256: string,
  { ledger }: IngestDeps,
): Promise<Delivery | undefined> {
  const holder = await ledger.holder(contract.name, sha256);
  return holder && holder !== entry.delivery ? ledger.get(holder) : undefined;
}

/** Judges, writes and publishes one file. */
async function write(
  entry: Delivery,
  contract: Contract,
  file: Fetched,
  dir: string,
  deps: IngestDeps,
): Promise<void> {
  // Two workers may hold the same delivery: names of their own keep one from overwriting the other's files.
  const prefix = `${entry.delivery}_${randomBytes(4).toString('hex')}`;
  const engine = await deps.engine();
  const manifest = await engine.session((session) =>
    produce(session, { entry, contract, file, dir, prefix }, deps),
  );
  if (typeof manifest === 'string') return refuse(entry, manifest, entry.bytes, deps);
  const published = await publish(manifest, prefix, deps);
  const won = await deps.ledger.update(
    entry.delivery,
    {
      state: 'written',
      manifest: published.path,
      sha256: file.sha256,
      read: manifest.read,
      accepted: manifest.accepted,
      quarantined: manifest.quarantined,
      duplicate: manifest.duplicate,
      reasons: manifest.reasons,
      files: manifest.data.length + manifest.quarantine.length,
      drift: manifest.drift,
    },
    ['ingesting'],
  );
  if (!won) await deps.objects.delete(published.all);
  else
    await deps.objects.write(
      ...companion(entry, manifest, contract, lakePaths(deps.lakeBucket, contract), deps.now()),
    );
  await deps.askCommit(entry.delivery, contract.name);
}

interface Production {
  readonly entry: Delivery;
  readonly contract: Contract;
  readonly file: Fetched;
  readonly dir: string;
  readonly prefix: string;
}

/** The manifest of what was written, or the reason the file is refused whole. */
async function produce(session: Session, p: Production, deps: IngestDeps): Promise<Manifest | string> {
  const { entry, contract, file, dir, prefix } = p;
  const source = await openSource(session, contract, file, {
    rowBytes: deps.limits.rowBytes,
    threads: 2,
  }).catch((error) => {
    if (file.format === 'parquet') return undefined;
    throw error;
  });
  if (!source) return reason('unreadable_file', `${file.format}_invalid`);
  if (source.missing.length === contract.fields.length) return reason('unknown_header');
  const schemas = await deps.schemas.of(contract);
  const common = { delivery: entry.delivery, prefix };
  const { judged, files: data } = await writeAccepted(session, contract, source, {
    ...common,
    dir: join(dir, 'data'),
    fieldIds: fieldIds(schemas.data),
  });
  const quarantine = judged.quarantined
    ? await writeRefused(session, new Date(entry.landed_at), {
        ...common,
        dir: join(dir, 'quarantine'),
        fieldIds: fieldIds(schemas.quarantine),
      })
    : [];
  const records = (files: readonly { records: number }[]) => files.reduce((sum, f) => sum + f.records, 0);
  assertBalanced(entry.delivery, judged, { data: records(data), quarantine: records(quarantine) });
  const missing = source.missing.filter((name) => contract.fields.some((f) => f.name === name && f.required));
  const { read, accepted, quarantined, duplicate, reasons } = judged;
  return {
    ...{
      delivery: entry.delivery,
      dataset: contract.name,
      sha256: file.sha256,
      read,
      accepted,
      quarantined,
      duplicate,
      reasons,
    },
    ...{ data, quarantine, fieldIds: fieldIds(schemas.data), refused: missing.length > 0 },
    drift:
      source.unknown.length || source.missing.length
        ? { unknown: source.unknown, missing: source.missing }
        : undefined,
  };
}

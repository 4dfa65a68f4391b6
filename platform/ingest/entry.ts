/** The ledger entry of a delivery: opened when it arrives, closed here when nothing of it goes into the tables. */
import { reason } from '../../core/contract/reasons.ts';
import { engineFor } from '../../core/delivery/engine.ts';
import { parseKey } from '../../core/delivery/key.ts';
import { type Delivery, emptyBooks } from '../../core/delivery/model.ts';
import type { Ledger } from '../ledger.ts';
import { type Lineage, tellDelivery } from '../lineage.ts';
import type { SeenObject } from '../objects.ts';
import { originOf } from '../replay/again.ts';
import { tell } from '../tell.ts';
import type { AskCommit } from './ask-commit.ts';
import { deliveryId, deliveryOrder } from './identity.ts';
import type { Notice } from './notice.ts';

interface EntryDeps extends Lineage {
  readonly ledger: Ledger;
  readonly now: () => Date;
  readonly distributed?: { readonly over: number };
}

/**
 * Opens the entry of what stands under a key.
 * @returns the entry there is already, if it was told of before
 */
export async function openEntry(
  notice: Notice,
  object: SeenObject,
  { ledger, now, distributed }: EntryDeps,
  landed = object.lastModified,
): Promise<Delivery> {
  const key = parseKey(notice.key);
  const origin = originOf(object);
  const entry: Delivery = {
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
    engine: engineFor(object.bytes, distributed?.over),
    ...(origin && { origin: [origin] }),
    landed_at: landed.toISOString(),
    started_at: now().toISOString(),
  };
  if (await ledger.open(entry)) return entry;
  return (await ledger.get(entry.delivery)) ?? entry;
}

/** Closes the delivery of an object that was deleted before it could be read: only its event identifies it. */
export async function refuseMissing(notice: Notice, deps: EntryDeps): Promise<void> {
  const { sequencer, version } = notice;
  const gone = { etag: `missing-${sequencer}`, bytes: 0, version, lastModified: new Date(0) };
  await refuse(await openEntry(notice, gone, deps, deps.now()), reason('object_missing'), deps);
}

/**
 * Takes a delivery up where an earlier try left it; what is written only waits for its commit.
 * @returns whether its files are still to be made
 */
export async function takeUp(
  { delivery, dataset, state }: Delivery,
  { ledger, askCommit }: { readonly ledger: Ledger; readonly askCommit: AskCommit },
): Promise<boolean> {
  // Somebody mended the cause and asked again.
  if (state === 'failed') await ledger.update(delivery, { state: 'ingesting', error: '' }, ['failed']);
  if (state === 'written') await askCommit(delivery, dataset);
  return state === 'failed' || state === 'ingesting';
}

/** The fields that say when an entry closed and how long it took. */
export const ended = ({ started_at }: Pick<Delivery, 'started_at'>, now: Date) => ({
  ended_at: now.toISOString(),
  ms: now.getTime() - Date.parse(started_at),
});

/** Closes a delivery that brings nothing into the tables, while it is in one of the states `from`. */
export async function closeWithout(
  entry: Delivery,
  fields: Partial<Delivery>,
  from: readonly Delivery['state'][],
  deps: EntryDeps,
): Promise<void> {
  const closing = { ...fields, ...ended(entry, deps.now()) };
  if (from.includes(entry.state)) await tellDelivery({ ...entry, ...closing }, deps);
  await deps.ledger.update(entry.delivery, closing, from);
}

/** Closes a delivery that is refused whole. */
export async function refuse(
  entry: Delivery,
  why: string,
  deps: EntryDeps,
  approval?: string,
): Promise<void> {
  await closeWithout(entry, { state: 'refused', reasons: { [why]: 1 }, approval }, ['ingesting'], deps);
}

/** Leaves a delivery to wait for an approval. Nothing of it is written: the file stays where it landed. */
export async function hold(entry: Delivery, approval: string, { ledger, now }: EntryDeps): Promise<void> {
  await ledger.update(entry.delivery, { state: 'held', approval, ...ended(entry, now()) }, ['ingesting']);
}

/** Closes a delivery whose content another one already brought: all its rows are duplicates. */
export async function skipDuplicate(
  entry: Delivery,
  twin: Delivery,
  sha256: string,
  deps: EntryDeps,
): Promise<void> {
  const books = { ...emptyBooks, read: twin.read, duplicate: twin.read };
  const fields = { state: 'duplicate', ...books, duplicate_of: twin.delivery, sha256 } as const;
  await closeWithout(entry, fields, ['ingesting', 'written'], deps);
}

/** Closes a delivery whose retries are used up. */
export async function fail(entry: Delivery, error: unknown, deps: EntryDeps): Promise<void> {
  await closeWithout(entry, { state: 'failed', error: tell(error).message }, ['ingesting'], deps);
}

/**
 * Step 7 of a file's way: makes written deliveries visible, one snapshot for many. Called for one dataset at a time,
 * never twice at once for the same one. Every step may run again after a crash.
 */
import type { Contract } from '../../core/contract/model.ts';
import { reason } from '../../core/contract/reasons.ts';
import { type Delivery, emptyBooks, isClosed, type Manifest } from '../../core/delivery/model.ts';
import { WharfError } from '../../core/errors.ts';
import { skipDuplicate } from '../ingest/duplicate.ts';
import type { Ledger } from '../ledger.ts';
import type { ObjectStore } from '../objects.ts';
import type { Tables } from './tables.ts';

export interface CommitDeps {
  readonly contract: (dataset: string) => Contract | undefined;
  readonly objects: ObjectStore;
  readonly ledger: Ledger;
  readonly tables: Tables;
  readonly now: () => Date;
}

/** A delivery on its way into the tables. */
interface Candidate {
  readonly entry: Delivery;
  readonly manifest: Manifest;
  /** The delivery whose rows it takes the place of. */
  readonly replaces?: Delivery;
}

/** Commits deliveries of one dataset, in the order given. Ids may repeat and may be committed already. */
export async function commitDeliveries(
  dataset: string,
  deliveries: readonly string[],
  deps: CommitDeps,
): Promise<void> {
  const contract = deps.contract(dataset);
  if (!contract)
    throw new WharfError(`No dataset "${dataset}" to commit to`, {
      code: 'dataset.unknown',
      fix: 'It was in an earlier version: deploy it again, then redrive the queue',
    });
  const candidates: Candidate[] = [];
  const currents = new Map<string, Delivery>();
  for (const delivery of new Set(deliveries)) {
    const candidate = await admit(delivery, contract, currents, deps);
    if (!candidate) continue;
    candidates.push(candidate);
    currents.set(objectOf(candidate.entry), candidate.entry);
  }
  if (candidates.length === 0) return;
  // A delivery that was overtaken by a newer content of its key within this batch never becomes visible.
  const overtaken = new Set(candidates.flatMap(({ replaces }) => replaces?.delivery ?? []));
  const visible = candidates.filter(({ entry }) => !overtaken.has(entry.delivery));
  const snapshot = await deps.tables.commit(contract, {
    manifests: visible.map(({ manifest }) => manifest),
    remove: candidates.flatMap(({ replaces }) => replaces?.delivery ?? []),
    deliveries: candidates.map(({ entry }) => entry.delivery),
  });
  for (const candidate of candidates) await close(candidate, contract, snapshot, deps);
}

const objectOf = ({ bucket, key }: Delivery): string => `${bucket}/${key}`;

/** Decides whether a delivery goes into the tables; closes it right away when it does not. */
async function admit(
  delivery: string,
  contract: Contract,
  currents: ReadonlyMap<string, Delivery>,
  deps: CommitDeps,
): Promise<Candidate | undefined> {
  const { ledger, objects } = deps;
  const entry = await ledger.get(delivery);
  if (!entry || isClosed(entry.state) || !entry.manifest || !entry.sha256) return undefined;
  const holder = await ledger.claim(contract.name, entry.sha256, delivery);
  const twin = holder === delivery ? undefined : await ledger.get(holder);
  const manifest = JSON.parse(new TextDecoder().decode(await objects.read(entry.manifest))) as Manifest;
  if (twin) {
    await skipDuplicate(entry, twin, entry.sha256, deps);
    await objects.delete([...manifest.data, ...manifest.quarantine].map(({ path }) => path));
    return undefined;
  }
  const pointer = currents.get(objectOf(entry)) ?? (await ledger.current(entry.bucket, entry.key));
  if (!pointer || pointer.delivery === delivery || contract.onOverwrite === 'append')
    return { entry, manifest };
  if (contract.onOverwrite === 'reject') {
    await turnAway(entry, { state: 'refused', reasons: { [reason('overwrite_rejected')]: 1 } }, deps);
    return undefined;
  }
  if (pointer.order > entry.order) {
    await turnAway(
      entry,
      { state: 'duplicate', superseded_by: pointer.delivery, read: entry.read, duplicate: entry.read },
      deps,
    );
    return undefined;
  }
  return { entry, manifest, replaces: await ledger.get(pointer.delivery) };
}

/** Closes a delivery that brings nothing into the tables. */
async function turnAway(
  entry: Delivery,
  fields: Partial<Delivery>,
  { ledger, now }: CommitDeps,
): Promise<void> {
  await ledger.release(entry.dataset, entry.sha256!);
  await ledger.update(entry.delivery, { ...emptyBooks, ...fields, ...ended(entry, now()) }, ['written']);
}

const ended = ({ started_at }: Delivery, now: Date) => ({
  ended_at: now.toISOString(),
  ms: now.getTime() - Date.parse(started_at),
});

/** Writes what the commit did into the ledger. The entry closes last: until then a retry comes by here again. */
async function close(
  { entry, manifest, replaces }: Candidate,
  contract: Contract,
  snapshot: string | undefined,
  { ledger, now }: CommitDeps,
): Promise<void> {
  if (replaces) {
    if (replaces.sha256) await ledger.release(contract.name, replaces.sha256);
    await ledger.update(replaces.delivery, { superseded_by: entry.delivery }, [
      'committed',
      'refused',
      'written',
    ]);
  }
  await ledger.setCurrent(entry.bucket, entry.key, { delivery: entry.delivery, order: entry.order });
  const state = manifest.refused ? 'refused' : 'committed';
  await ledger.update(entry.delivery, { state, snapshot, ...ended(entry, now()) }, ['written']);
}

/**
 * Step 7 of a file's way: makes written deliveries visible, one snapshot for many. Called for one dataset at a time,
 * never twice at once for the same one. Every step may run again after a crash.
 */
import type { Contract } from '../../core/contract/model.ts';
import { reason } from '../../core/contract/reasons.ts';
import { type Delivery, emptyBooks, isClosed, type Manifest } from '../../core/delivery/model.ts';
import { WharfError } from '../../core/errors.ts';
import { skipDuplicate } from '../ingest/duplicate.ts';
import type { Ledger, Pointer } from '../ledger.ts';
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
  const entries = (await deps.ledger.getAll([...new Set(deliveries)])).filter(isWritten);
  const written = await lookUp(entries, contract, deps);
  const candidates: Candidate[] = [];
  const currents = new Map<string, Delivery>();
  for (const one of written) {
    const candidate = await admit(one, contract, currents, deps);
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
  for (const round of rounds(candidates)) await close(round, contract, snapshot, deps);
}

const objectOf = ({ bucket, key }: Delivery): string => `${bucket}/${key}`;

type WrittenEntry = Delivery & Required<Pick<Delivery, 'manifest' | 'sha256'>>;

const isWritten = (entry: Delivery): entry is WrittenEntry =>
  !isClosed(entry.state) && entry.manifest !== undefined && entry.sha256 !== undefined;

/** A delivery with what the decision about it needs. */
interface Written {
  readonly entry: WrittenEntry;
  readonly manifest: Manifest;
  /** The delivery that stands under its key. */
  readonly current?: Pointer;
  /** The delivery that holds its content; unknown where an earlier one of this batch has the same. */
  readonly holder?: string;
}

/** Looks everything up at once, and claims each content for the first that brings it: one wait instead of one a delivery. */
async function lookUp(
  entries: readonly WrittenEntry[],
  contract: Contract,
  { ledger, objects }: CommitDeps,
): Promise<Written[]> {
  const firsts = new Map(entries.toReversed().map((entry) => [entry.sha256, entry]));
  const pointers = ledger.currents(entries);
  return Promise.all(
    entries.map(async (entry): Promise<Written> => {
      const [currentOf, bytes, holder] = await Promise.all([
        pointers,
        objects.read(entry.manifest),
        firsts.get(entry.sha256) === entry
          ? ledger.claim(contract.name, entry.sha256, entry.delivery)
          : undefined,
      ]);
      const manifest = JSON.parse(new TextDecoder().decode(bytes)) as Manifest;
      return { entry, manifest, holder, current: currentOf(entry) };
    }),
  );
}

/** Decides whether a delivery goes into the tables; closes it right away when it does not. */
async function admit(
  { entry, manifest, ...known }: Written,
  contract: Contract,
  currents: ReadonlyMap<string, Delivery>,
  deps: CommitDeps,
): Promise<Candidate | undefined> {
  const { ledger, objects } = deps;
  const { delivery, sha256 } = entry;
  const holder = known.holder ?? (await ledger.claim(contract.name, sha256, delivery));
  const twin = holder === delivery ? undefined : await ledger.get(holder);
  if (twin) {
    await skipDuplicate(entry, twin, sha256, deps);
    await objects.delete([...manifest.data, ...manifest.quarantine].map(({ path }) => path));
    return undefined;
  }
  const pointer = currents.get(objectOf(entry)) ?? known.current;
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

/** Cuts candidates into runs in which no key comes twice: within a run the order does not matter. */
function rounds(candidates: readonly Candidate[]): Candidate[][] {
  const all: Candidate[][] = [];
  for (const candidate of candidates) {
    const last = all.at(-1);
    const isNewKey = last?.every(({ entry }) => objectOf(entry) !== objectOf(candidate.entry));
    if (last && isNewKey) last.push(candidate);
    else all.push([candidate]);
  }
  return all;
}

/** Writes what the commit did into the ledger. The entries close last: until then a retry comes by here again. */
async function close(
  round: readonly Candidate[],
  contract: Contract,
  snapshot: string | undefined,
  { ledger, now }: CommitDeps,
): Promise<void> {
  for (const { entry, replaces } of round) {
    if (!replaces) continue;
    if (replaces.sha256) await ledger.release(contract.name, replaces.sha256);
    await ledger.update(replaces.delivery, { superseded_by: entry.delivery }, [
      'committed',
      'refused',
      'written',
    ]);
  }
  await ledger.setCurrents(round.map(({ entry }) => entry));
  await Promise.all(
    round.map(({ entry, manifest }) => {
      const state = manifest.refused ? 'refused' : 'committed';
      return ledger.update(entry.delivery, { state, snapshot, ...ended(entry, now()) }, ['written']);
    }),
  );
}

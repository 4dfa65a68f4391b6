/** Which of the written deliveries go into the tables, by what stands under their keys and who has their content. */
import type { Contract } from '../../core/contract/model.ts';
import { reason } from '../../core/contract/reasons.ts';
import { parseManifest } from '../../core/delivery/manifest.ts';
import { type Delivery, isClosed, type Manifest } from '../../core/delivery/model.ts';
import { skipDuplicate } from '../ingest/entry.ts';
import type { Pointer } from '../ledger.ts';
import { turnAway } from './close.ts';
import { type Candidate, type CommitDeps, objectOf, replacedBy, type WrittenEntry } from './model.ts';
import { enterReplay, liveReplays, originGone } from './replays.ts';

/** Those that go in, in the order given; what does not go in is closed. */
export async function admitAll(
  deliveries: readonly string[],
  contract: Contract,
  deps: CommitDeps,
): Promise<Candidate[]> {
  const entries = (await deps.ledger.getAll([...new Set(deliveries)])).filter(isWritten);
  const candidates: Candidate[] = [];
  const currents = new Map<string, Delivery>();
  for (const written of await lookUp(entries, contract, deps)) {
    const candidate = await admit(written, contract, currents, deps);
    if (!candidate) continue;
    candidates.push(candidate);
    currents.set(objectOf(candidate.entry), candidate.entry);
  }
  return withoutOvertaken(candidates, deps);
}

/**
 * Turns away the replays of rows whose delivery leaves in the same commit: as if they had come after it. What the ledger
 * says of them by now does not matter: another worker may have turned them away already.
 */
async function withoutOvertaken(candidates: Candidate[], deps: CommitDeps): Promise<Candidate[]> {
  const leaving = new Set(candidates.flatMap(replacedBy).map(({ delivery }) => delivery));
  const staying: Candidate[] = [];
  // A replay of a replay comes after it.
  for (const candidate of candidates) {
    const { entry, manifest } = candidate;
    const gone = Object.keys(manifest.releases ?? {}).find((origin) => leaving.has(origin));
    if (gone === undefined) staying.push(candidate);
    else {
      leaving.add(entry.delivery);
      await turnAway(entry, { state: 'failed', error: originGone(gone).message }, deps);
    }
  }
  return staying;
}

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
      return { entry, manifest: parseManifest(bytes), holder, current: currentOf(entry) };
    }),
  );
}

/** Decides about one delivery; closes it right away when it does not go in. */
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
  if (manifest.releases) {
    const overtaken = await enterReplay(entry, manifest.releases, deps);
    if (!overtaken) return { entry, manifest };
    await turnAway(entry, { state: 'failed', error: overtaken.message }, deps);
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
  const replaces = await ledger.get(pointer.delivery);
  return { entry, manifest, replaces, taken: replaces && (await liveReplays(replaces, deps)) };
}

/** Writes what a commit did into the ledger, and the companion metadata beside the data. */
import type { Contract } from '../../core/contract/model.ts';
import { type Delivery, emptyBooks } from '../../core/delivery/model.ts';
import type { WharfError } from '../../core/errors.ts';
import { closeWithout, ended } from '../ingest/entry.ts';
import { tellDelivery } from '../lineage.ts';
import { log } from '../log.ts';
import { companion } from './companion.ts';
import { type Candidate, type CommitDeps, objectOf, replacedBy, type WrittenEntry } from './model.ts';

/** Closes deliveries that are in the tables. The entries close last: until then a retry comes by here again. */
export async function closeAll(
  candidates: readonly Candidate[],
  contract: Contract,
  snapshot: string | undefined,
  deps: CommitDeps,
): Promise<void> {
  for (const round of rounds(candidates)) {
    await supersede(round, deps);
    await deps.ledger.setCurrents(round.map(({ entry }) => entry));
    await Promise.all(round.map((candidate) => close(candidate, contract, snapshot, deps)));
  }
}

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

/** Tells the deliveries that were replaced by which, and frees their contents. */
async function supersede(round: readonly Candidate[], { ledger }: CommitDeps): Promise<void> {
  for (const candidate of round) {
    const { delivery } = candidate.entry;
    const replaced = replacedBy(candidate);
    // Told before its key is the newer one's: a retry finds nothing there to replace any more.
    if (replaced.length > 0)
      await ledger.update(delivery, { replaces: replaced.map((one) => one.delivery) }, ['written']);
    for (const one of replaced) {
      await ledger.release(one);
      await ledger.update(one.delivery, { superseded_by: delivery }, ['committed', 'refused', 'written']);
    }
  }
}

async function close(
  { entry, manifest }: Candidate,
  contract: Contract,
  snapshot: string | undefined,
  deps: CommitDeps,
): Promise<void> {
  const { ledger, objects, tables, now } = deps;
  const state: Delivery['state'] = manifest.refused ? 'refused' : 'committed';
  const closing = { state, snapshot, ...ended(entry, now()) };
  await objects.write(...companion({ ...entry, ...closing }, manifest, contract));
  const brought = { manifest, contract, tables: tables.locations(contract) };
  await tellDelivery({ ...entry, ...closing }, deps, brought);
  if (await ledger.update(entry.delivery, closing, ['written'])) return;
  // Another worker has closed it meanwhile: the document is to tell what the ledger does.
  const closed = await ledger.get(entry.delivery);
  if (closed) await objects.write(...companion({ ...entry, ...closed }, manifest, contract));
}

/** Closes the deliveries that cannot take the place of others, so that the rest of their batch is not held up. */
export async function failAll(
  candidates: readonly Candidate[],
  reasons: ReadonlyMap<string, WharfError>,
  deps: CommitDeps,
): Promise<void> {
  for (const candidate of candidates) {
    const [why] = replacedBy(candidate).flatMap(({ delivery }) => reasons.get(delivery) ?? []);
    if (!why) continue;
    const { entry } = candidate;
    const { delivery, dataset } = entry;
    log.error('delivery failed', { delivery, dataset, error: { code: why.code, message: why.message } });
    await turnAway(entry, { state: 'failed', error: why.message }, deps);
  }
}

/** Closes a delivery that brings nothing into the tables; its content may come again. */
export async function turnAway(
  entry: WrittenEntry,
  fields: Partial<Delivery>,
  deps: CommitDeps,
): Promise<void> {
  await deps.ledger.release(entry);
  await closeWithout(entry, { ...emptyBooks, ...fields }, ['written'], deps);
}

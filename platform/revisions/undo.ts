/** What taking deliveries out of the tables of their dataset comes to. */
import type { Contract } from '../../core/contract/model.ts';
import { type Delivery, isShown } from '../../core/delivery/model.ts';
import { WharfError } from '../../core/errors.ts';
import { takeOut, unchanged } from '../../core/lake/revision.ts';
import type { Revision } from '../../core/revision/model.ts';
import { quarantineTable } from '../ingest/schemas.ts';
import type { Planned, ReviseDeps } from './model.ts';

/**
 * Plans an undo. Asked again after a crash half-way, it comes to the same.
 * @throws WharfError `undo.nothing`, and as {@link takeOut}
 */
export async function planUndo(
  { id }: Pick<Revision, 'id'>,
  deliveries: readonly string[],
  contract: Contract,
  deps: ReviseDeps,
): Promise<Planned> {
  const entries = await deps.ledger.getAll(deliveries);
  const out = entries.filter((entry) => isShown(entry) || entry.taken?.revision === id);
  if (out.length === 0)
    throw new WharfError(`Nothing of ${deliveries.join(', ')} is in the tables any more`, {
      code: 'undo.nothing',
      route: 'usage',
      fix: '`wharf deliveries ID` says what became of it',
    });
  const replaced = await replacedBy(out, id, deps);
  const all = await plan(id, out, replaced, contract, deps);
  const kept = new Map<string, Delivery[]>();
  const lost: Delivery[] = [];
  // A replay comes after the delivery whose rows it has: without that it stays out, for those rows are somewhere else.
  const isLost = ({ origin = [] }: Delivery) => lost.some(({ delivery }) => origin.includes(delivery));
  for (const [by, entries] of replaced)
    for (const entry of entries)
      if (isWhole(entry, all) && !isLost(entry) && (await holds(entry, deps)))
        kept.set(by, [...(kept.get(by) ?? []), entry]);
      else lost.push(entry);
  const revised = lost.length > 0 ? await plan(id, out, kept, contract, deps) : all;
  return { ...revised, out: out.map(idOf), back: [...kept.values()].flat().map(idOf), lost: lost.map(idOf) };
}

const idOf = ({ delivery }: Delivery): string => delivery;

/** Deliveries whose place some have taken, by the one who did; without those that have another's place by now. */
async function replacedBy(
  out: readonly Delivery[],
  id: string,
  { ledger }: ReviseDeps,
): Promise<Map<string, Delivery[]>> {
  const found = new Map<string, Delivery[]>();
  for (const { delivery, replaces = [], taken } of out) {
    const entries = await ledger.getAll(replaces);
    // On a second try they may be back already.
    const isBack = (entry: Delivery) =>
      entry.superseded_by === undefined && (taken === undefined || taken.revision === id);
    const replaced = entries.filter(
      (entry) =>
        (entry.state === 'committed' || entry.state === 'refused') &&
        (entry.superseded_by === delivery || isBack(entry)),
    );
    found.set(delivery, replaced);
  }
  return found;
}

async function plan(
  id: string,
  out: readonly Delivery[],
  replaced: ReadonlyMap<string, readonly Delivery[]>,
  contract: Contract,
  { tables }: ReviseDeps,
): Promise<Pick<Planned, 'data' | 'quarantine'>> {
  const taken = new Map(out.map(({ delivery }) => [delivery, (replaced.get(delivery) ?? []).map(idOf)]));
  const of = async (table: string) => {
    const { base, files } = await tables.open(table);
    return base ? takeOut(base.metadata, id, taken, files) : unchanged;
  };
  const [data, quarantine] = await Promise.all([of(contract.name), of(quarantineTable(contract.name))]);
  return { data, quarantine };
}

/** Whether all rows of a delivery come back; what it releases are rows of the quarantine table, too. */
const isWhole = (
  { delivery, accepted, quarantined, released = 0 }: Delivery,
  { data, quarantine }: Pick<Planned, 'data' | 'quarantine'>,
): boolean =>
  (data.rows.get(delivery) ?? 0) === accepted &&
  (quarantine.rows.get(delivery) ?? 0) === quarantined + released;

/** Whether nobody else has brought the same content meanwhile. */
const holds = async ({ dataset, sha256, delivery }: Delivery, { ledger }: ReviseDeps): Promise<boolean> =>
  sha256 === undefined || (await ledger.claim(dataset, sha256, delivery)) === delivery;

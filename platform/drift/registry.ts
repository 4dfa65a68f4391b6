/** Contracts as they are now: the code's own, and what was approved since. */
import type { Contract } from '../../core/contract/model.ts';
import { contractAt, type Version } from '../../core/contract/versions.ts';
import { type Item, itemKey } from '../ledger-items.ts';
import { versionsIn } from './items.ts';

/** Looks a contract up; undefined where there is no such dataset. */
export type FindContract = (dataset: string) => Contract | undefined | Promise<Contract | undefined>;

/** A contract with what was approved since, by one read. */
export const asApproved = async (
  base: Contract,
  drift: { versions(dataset: string): Promise<readonly Version[]> },
): Promise<Contract> => contractAt(base, await drift.versions(base.name));

/**
 * Finds contracts by one small read each time: what was approved a moment ago holds for the next delivery. The same
 * versions give the same object.
 */
export function registry(
  base: (dataset: string) => Contract | undefined,
  versionsOf: (dataset: string) => Promise<readonly Version[]>,
): FindContract {
  const known = new Map<
    string,
    { readonly own: Contract; readonly count: number; readonly contract: Contract }
  >();
  return async (dataset) => {
    const own = base(dataset);
    if (!own) return undefined;
    const versions = await versionsOf(dataset);
    const before = known.get(dataset);
    if (before?.own === own && before.count === versions.length) return before.contract;
    const contract = contractAt(own, versions);
    known.set(dataset, { own, count: versions.length, contract });
    return contract;
  };
}

/**
 * For how long a post is judged by what was known before, and for how long again while somebody looks anew: under
 * traffic nobody waits for that. What is judged at the door is judged again when it is written.
 */
const BRIEFLY_MS = 5_000;

/** The same, asked for once in a while: a caller in a hurry does not wait for a read each time. */
export function briefly<T>(
  look: (dataset: string) => Promise<T>,
  now = () => performance.now(),
): (dataset: string) => Promise<T> {
  const known = new Map<string, { readonly at: number; readonly found: Promise<T>; looking: boolean }>();
  const waited = (dataset: string): Promise<T> => {
    const own = { at: now(), found: look(dataset), looking: false };
    known.set(dataset, own);
    own.found.catch(() => known.get(dataset) === own && known.delete(dataset));
    return own.found;
  };
  const ahead = async (dataset: string, before: { looking: boolean }): Promise<void> => {
    before.looking = true;
    const [at, found] = [now(), look(dataset)];
    // In vain: what was known is good for its time, and the next one looks again.
    await found.then(
      () => known.get(dataset) === before && known.set(dataset, { at, found, looking: false }),
      () => {
        before.looking = false;
      },
    );
  };
  return (dataset) => {
    const before = known.get(dataset);
    const age = before ? now() - before.at : Number.POSITIVE_INFINITY;
    if (!before || age >= 2 * BRIEFLY_MS) return waited(dataset);
    if (age >= BRIEFLY_MS && !before.looking) void ahead(dataset, before);
    return before.found;
  };
}

/** What was approved over contracts, as the API's lean client reads it for functions in a hurry. */
export const versionsBriefly = (desk: { get(pk: string): Promise<Item | undefined> }) =>
  briefly(async (dataset) => versionsIn(await desk.get(itemKey.contract(dataset))));

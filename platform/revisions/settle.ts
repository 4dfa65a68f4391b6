/** Tells the ledger what a revision did: each entry last, so that what was not told yet is told by the next try. */
import type { Contract } from '../../core/contract/model.ts';
import { parseManifest } from '../../core/delivery/manifest.ts';
import type { Delivery, TakenOut } from '../../core/delivery/model.ts';
import type { Outcome, Revision } from '../../core/revision/model.ts';
import { companion } from '../commit/companion.ts';
import { objectOf, type WrittenEntry } from '../commit/model.ts';
import { sideBySide } from '../side-by-side.ts';
import { entriesOf } from './entries.ts';
import type { Planned, ReviseDeps } from './model.ts';

const states: Readonly<Record<Revision['asked']['what'], TakenOut>> = {
  undo: 'undone',
  rollback: 'rolled_back',
};

/** All that an entry can be when a revision finds its rows in a table, or left from an earlier try. */
const any: readonly Delivery['state'][] = ['written', 'committed', 'refused', 'undone', 'rolled_back'];

/** Entries told side by side, and current contents set in one request. */
const AT_ONCE = 16;
const PUT = 25;

/** Closes the entries of what left the tables, and opens those of what came back. */
export async function settle(
  revision: Revision,
  { out, back }: Planned,
  { snapshot }: Pick<Outcome, 'snapshot'>,
  contract: Contract,
  deps: ReviseDeps,
): Promise<void> {
  const { ledger } = deps;
  const [left, came] = await Promise.all([
    Array.fromAsync(entriesOf(out, ledger)),
    Array.fromAsync(entriesOf(back, ledger)),
  ]);
  const { id, by, at, reason } = revision;
  await sideBySide(left, AT_ONCE, async (entry) => {
    await ledger.release(entry);
    await ledger.leaveKey(entry);
  });
  await takeKeys(came, deps);
  await sideBySide(came, AT_ONCE, async (entry) => {
    if (entry.taken === undefined && entry.superseded_by === undefined) return;
    await tell(entry, ({ was }) => ({ state: was }), ['taken', 'superseded_by'], contract, deps);
  });
  // What comes back has the place again that it had taken.
  const placed = new Map(
    came.flatMap(({ delivery, replaces = [] }) => replaces.map((one) => [one, delivery] as const)),
  );
  await sideBySide(left, AT_ONCE, async (entry) => {
    if (entry.taken?.revision === id) return;
    const superseded_by = placed.get(entry.delivery);
    if (superseded_by !== undefined)
      await tell(entry, ({ was }) => ({ state: was, superseded_by }), ['taken'], contract, deps);
    else
      await tell(
        entry,
        ({ was }) => ({
          state: states[revision.asked.what],
          taken: { revision: id, by, at, reason, snapshot, was },
        }),
        [],
        contract,
        deps,
      );
  });
}

/** Makes entries the current contents of their keys, of several of one key the newest, and holders of their contents. */
async function takeKeys(entries: readonly Delivery[], { ledger }: ReviseDeps): Promise<void> {
  await sideBySide(entries, AT_ONCE, async ({ dataset, sha256, delivery }) => {
    if (sha256) await ledger.claim(dataset, sha256, delivery);
  });
  const sorted = entries.toSorted((a, b) => (a.order < b.order ? -1 : 1));
  const newest = [...new Map(sorted.map((entry) => [objectOf(entry), entry])).values()];
  for (let i = 0; i < newest.length; i += PUT) await ledger.setCurrents(newest.slice(i, i + PUT));
}

/** Writes an entry, and the companion metadata before it. */
async function tell(
  entry: Delivery,
  fieldsOf: (was: { readonly was: 'committed' | 'refused' }) => Partial<Delivery>,
  without: readonly (keyof Delivery)[],
  contract: Contract,
  { ledger, objects }: ReviseDeps,
): Promise<void> {
  const written = entry as WrittenEntry;
  const manifest = parseManifest(await objects.read(written.manifest));
  const fields = fieldsOf({ was: manifest.refused ? 'refused' : 'committed' });
  await objects.write(...companion({ ...written, ...fields }, manifest, contract));
  await ledger.update(entry.delivery, fields, any, without);
}

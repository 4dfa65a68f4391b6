/** What taking the tables of a dataset back to a snapshot comes to. */
import type { Contract } from '../../core/contract/model.ts';
import { WharfError } from '../../core/errors.ts';
import { counterpart, snapshotAt } from '../../core/lake/history.ts';
import { revertTo, unchanged } from '../../core/lake/revision.ts';
import type { Revision } from '../../core/revision/model.ts';
import { quarantineTable } from '../ingest/schemas.ts';
import { entriesOf } from './entries.ts';
import type { Planned, ReviseDeps } from './model.ts';

/**
 * Plans a rollback of both tables to a snapshot of the data table. Asked again after a crash half-way, it comes to
 * the same.
 * @throws WharfError `rollback.no_table`, `rollback.apart`, and as {@link snapshotAt}
 */
export async function planRollback(
  { id }: Pick<Revision, 'id'>,
  to: string,
  contract: Contract,
  { tables, ledger }: ReviseDeps,
): Promise<Planned> {
  const names = [contract.name, quarantineTable(contract.name)] as const;
  const [one, other] = await Promise.all([tables.open(names[0]), tables.open(names[1])]);
  if (!one.base)
    throw new WharfError(`${contract.name} has no table yet`, { code: 'rollback.no_table', route: 'usage' });
  const target = snapshotAt(one.base.metadata, { snapshot: BigInt(to) }, contract.name);
  const data = await revertTo(one.base.metadata, id, target, one.files);
  const quarantine = other.base
    ? await revertTo(other.base.metadata, id, counterpart(other.base.metadata, target, names[1]), other.files)
    : unchanged;
  const before = data.before.union(quarantine.before);
  const after = data.after.union(quarantine.after);
  const back = [...after.difference(before)];
  const apart = [...before.intersection(after)].filter((delivery) =>
    [data, quarantine].some((table) => table.before.has(delivery) !== table.after.has(delivery)),
  );
  for await (const { delivery, accepted, quarantined, released = 0 } of entriesOf(back, ledger))
    if (
      data.after.has(delivery) !== accepted > 0 ||
      quarantine.after.has(delivery) !== quarantined + released > 0
    )
      apart.push(delivery);
  if (apart.length > 0) throw notTogether(contract, apart);
  return { data, quarantine, out: [...before.difference(after)], back };
}

const notTogether = ({ name }: Contract, apart: readonly string[]): WharfError =>
  new WharfError(
    `The table of ${name} and its quarantine cannot be taken back to the same moment: ${apart.length} deliveries, e.g. ${apart[0]}, would be in one of them only`,
    {
      code: 'rollback.apart',
      route: 'usage',
      fix: 'Nothing was changed. Name a snapshot before or after it',
    },
  );

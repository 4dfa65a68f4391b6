/**
 * Step 7 of a file's way: makes written deliveries visible, one snapshot for many. Called for one dataset at a time,
 * never twice at once for the same one. Every step may run again after a crash.
 */
import type { Contract } from '../../core/contract/model.ts';
import { WharfError } from '../../core/errors.ts';
import { admitAll } from './admit.ts';
import { closeAll, failAll } from './close.ts';
import { type CommitDeps, replacedBy } from './model.ts';

/** @throws WharfError `dataset.unknown` */
export async function contractOf(dataset: string, deps: Pick<CommitDeps, 'contract'>): Promise<Contract> {
  const contract = await deps.contract(dataset);
  if (contract) return contract;
  throw new WharfError(`No dataset "${dataset}" to commit to`, {
    code: 'dataset.unknown',
    fix: 'It was in an earlier version: deploy it again, then redrive the queue',
  });
}

/** Commits deliveries of one dataset, in the order given. Ids may repeat and may be committed already. */
export async function commitDeliveries(
  dataset: string,
  deliveries: readonly string[],
  deps: CommitDeps,
): Promise<void> {
  const contract = await contractOf(dataset, deps);
  const candidates = await admitAll(deliveries, contract, deps);
  if (candidates.length === 0) return;
  // A delivery that was overtaken by a newer content of its key within this batch never becomes visible.
  const replaced = candidates.flatMap(replacedBy).map(({ delivery }) => delivery);
  const moved = await deps.tables.moved(contract, replaced);
  if (moved.size > 0) {
    await failAll(candidates, moved, deps);
    // What is left is looked at anew: the newer content of a key that failed would replace the same rows.
    return commitDeliveries(dataset, deliveries, deps);
  }
  const visible = candidates.filter(({ entry }) => !replaced.includes(entry.delivery));
  const snapshot = await deps.tables.commit(contract, {
    manifests: visible.map(({ manifest }) => manifest),
    remove: replaced,
    deliveries: candidates.map(({ entry }) => entry.delivery),
    since: new Date(Math.min(...candidates.map(({ entry }) => Date.parse(entry.started_at)))),
  });
  await closeAll(candidates, contract, snapshot, deps);
}

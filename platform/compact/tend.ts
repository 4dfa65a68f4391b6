/** What is done for the tables of a dataset by the time of day, whoever does it: a function or the command. */
import type { Contract } from '../../core/contract/model.ts';
import { type Backfilled, backfillApproved } from '../drift/backfill.ts';
import { asApproved } from '../drift/registry.ts';
import type { DriftStore } from '../drift/store.ts';
import { type CompactDeps, type Compacted, compactDataset } from './compact.ts';

export interface TendDeps extends CompactDeps {
  readonly drift: DriftStore;
}

export interface Tended {
  readonly backfilled: Backfilled;
  readonly compacted: readonly Compacted[];
}

/** Gives early rows the values of columns that were approved later, then compacts. @param base the code's contract */
export async function tend(base: Contract, deps: TendDeps): Promise<Tended> {
  const backfilled = await backfillApproved(base, deps);
  return { backfilled, compacted: await compactDataset(await asApproved(base, deps.drift), deps) };
}

/**
 * Does what a revision asks for. The committer calls it, so that one at a time changes the tables of a dataset. Every
 * step may run again after a crash: the tables name the revision in their snapshots, and its entry ends last.
 */
import type { Contract } from '../../core/contract/model.ts';
import { WharfError } from '../../core/errors.ts';
import { revisionIn } from '../../core/lake/metadata.ts';
import { revisionEvents } from '../../core/lineage/events.ts';
import { NAMED, type Revision } from '../../core/revision/model.ts';
import { contractOf } from '../commit/commit.ts';
import { quarantineTable } from '../ingest/schemas.ts';
import { runIdOf } from '../lineage.ts';
import { log } from '../log.ts';
import type { Planned, ReviseDeps } from './model.ts';
import { planRollback } from './rollback.ts';
import { settle } from './settle.ts';
import { planUndo } from './undo.ts';

/** Applies a revision, unless that is done. What cannot be done is refused, and changes nothing. */
export async function applyRevision(id: string, dataset: string, deps: ReviseDeps): Promise<void> {
  const contract = await contractOf(dataset, deps);
  const revision = await deps.revisions.get(id);
  if (revision?.state !== 'asked') return;
  // Told before it ends: after a crash it is told again, of the same run.
  const end = async (fields: Parameters<typeof deps.revisions.close>[1]): Promise<void> => {
    const tables = deps.tables.locations(contract);
    await deps.lineage?.(revisionEvents({ ...revision, ...fields }, tables, runIdOf(id)));
    await deps.revisions.close(id, fields);
  };
  const ended = () => ({ ended_at: deps.now().toISOString() });
  const planned = await plan(revision, contract, deps).catch(async (error: unknown) => {
    if (!(await isRefusal(error, id, contract, deps))) throw error;
    const { code, message } = error as WharfError;
    log.warn('revision refused', { id, dataset: contract.name, error: { code, message } });
    await end({ state: 'refused', why: { code, message }, ...ended() });
  });
  if (!planned) return;
  const { out, back, lost = [] } = planned;
  const snapshots = await deps.tables.revise(contract, id, planned);
  if (planned.data.back.length > 0) await deps.drift?.unfilled(contract.name, deps.now());
  await settle(revision, planned, snapshots, contract, deps);
  const named = { out: out.slice(0, NAMED), back: back.slice(0, NAMED), ...(lost.length > 0 && { lost }) };
  const outcome = { ...named, outs: out.length, backs: back.length, ...snapshots };
  await end({ state: 'done', outcome, ...ended() });
}

function plan(revision: Revision, contract: Contract, deps: ReviseDeps): Promise<Planned> {
  const { asked } = revision;
  if (asked.what === 'undo') return planUndo(revision, asked.deliveries, contract, deps);
  return planRollback(revision, asked.to, contract, deps);
}

/** Whether an error says that a revision cannot be; one that is half done already must be brought to its end. */
async function isRefusal(
  error: unknown,
  id: string,
  { name }: Contract,
  { tables }: ReviseDeps,
): Promise<boolean> {
  if (!(error instanceof WharfError) || error.route === 'transient') return false;
  const found = await Promise.all([name, quarantineTable(name)].map((table) => tables.open(table)));
  return !found.some(({ base }) => base && revisionIn(base.metadata, id));
}

/** What somebody says about changes that wait, and what follows from it. Each may be said twice. */
import { type Change, evolve } from '../../core/contract/change.ts';
import type { Contract } from '../../core/contract/model.ts';
import { reason } from '../../core/contract/reasons.ts';
import type { Delivery } from '../../core/delivery/model.ts';
import {
  type Approval,
  type ApprovalState,
  approvalStates,
  changesOf,
  type Rejection,
} from '../../core/drift/approval.ts';
import type { DecisionMessage } from '../../core/drift/decision.ts';
import { WharfError } from '../../core/errors.ts';
import type { Catalog } from '../../core/lake/model.ts';
import { tableColumns } from '../../core/lake/schema.ts';
import { loadTable } from '../../core/lake/table.ts';
import { closeWithout } from '../ingest/entry.ts';
import { currentSchema } from '../ingest/schemas.ts';
import type { Ledger } from '../ledger.ts';
import type { Lineage } from '../lineage.ts';
import { log } from '../log.ts';
import type { ObjectStore } from '../objects.ts';
import { adopt, type Word, withdraw } from './adopt.ts';
import type { Backfilled } from './backfill.ts';
import { asApproved } from './registry.ts';
import type { DriftStore } from './store.ts';

export interface ApprovalDeps extends Lineage {
  readonly drift: DriftStore;
  readonly ledger: Ledger;
  readonly catalog: Catalog;
  readonly objects: ObjectStore;
  /** Fills new columns in rows that came before; absent: this is no place for that. */
  readonly backfill?: (contract: Contract, changes: readonly Change[]) => Promise<Backfilled>;
  readonly now: () => Date;
  /** The contract as the code has it. */
  readonly base: (dataset: string) => Contract | undefined;
  /** Has a landed object taken in (again). */
  readonly tell: (entry: Delivery) => Promise<void>;
}

export interface Settled {
  readonly approval: string;
  readonly dataset: string;
  readonly state: ApprovalState;
  /** The contract's version after it. */
  readonly version: number;
  /** Deliveries that go on. */
  readonly released: readonly string[];
  /** Deliveries that are refused, or wait again. */
  readonly stopped: readonly string[];
  readonly backfilled: Backfilled;
}

const NOTHING: Backfilled = { files: 0, rows: 0 };

const problem = (what: string, code: string, fix: string): WharfError =>
  new WharfError(what, { code, route: 'usage', fix });

async function open(
  id: string,
  allowed: readonly ApprovalState[],
  { drift }: ApprovalDeps,
): Promise<Approval> {
  const approval = await drift.approval(id);
  if (!approval)
    throw problem(
      `There is no approval "${id}"`,
      'approval.unknown',
      '`wharf drift list` shows what there is',
    );
  if (allowed.includes(approval.state)) return approval;
  throw problem(
    `The approval ${id} is ${approval.state}`,
    'approval.decided',
    approval.state === 'approved' || approval.state === 'rejected'
      ? `Take that back first: wharf drift undo ${id}`
      : 'It waits until a delivery comes so again',
  );
}

function baseOf({ dataset }: Approval, { base }: ApprovalDeps): Contract {
  const contract = base(dataset);
  if (contract) return contract;
  throw problem(
    `No dataset "${dataset}"`,
    'dataset.unknown',
    'It was in an earlier version: deploy it again',
  );
}

async function settled(
  { approval, dataset }: Approval,
  state: ApprovalState,
  { drift }: ApprovalDeps,
  done: Partial<Settled> = {},
): Promise<Settled> {
  const { length: version } = await drift.versions(dataset);
  return {
    ...{ approval, dataset, state, version, released: [], stopped: [], backfilled: NOTHING },
    ...done,
  };
}

const reasonOf = (id: string): string => reason('schema_drift', id);

/** Whether a delivery waits for the approval, or was refused for it; nothing of it has been written. */
const waits = ({ state, manifest, approval, reasons }: Delivery, id: string): boolean =>
  approval === id &&
  manifest === undefined &&
  (state === 'held' || state === 'ingesting' || (state === 'refused' && reasons[reasonOf(id)] !== undefined));

/** The index tells of all of them, a moment late; the approval itself names the first hundreds at once. */
async function waiting(
  { approval, dataset, deliveries }: Approval,
  { ledger }: ApprovalDeps,
): Promise<Delivery[]> {
  const found = new Map<string, Delivery>();
  for await (const entry of ledger.list(dataset)) found.set(entry.delivery, entry);
  for (const entry of await ledger.getAll(deliveries)) found.set(entry.delivery, entry);
  return [...found.values()].filter((entry) => waits(entry, approval));
}

/** Lets deliveries go on. The state first: what is told of a delivery that waits is not heard. */
async function release(approval: Approval, deps: ApprovalDeps): Promise<string[]> {
  const { ledger, tell, now } = deps;
  const released = await waiting(approval, deps);
  for (const entry of released) {
    const fields = { state: 'ingesting', reasons: {}, started_at: now().toISOString() } as const;
    await ledger.update(entry.delivery, fields, ['held', 'refused', 'ingesting']);
    await tell(entry);
  }
  return released.map(({ delivery }) => delivery);
}

/**
 * Approves changes: the contract gets its next version, deliveries that waited go on, and what was rescued before goes
 * into the new columns.
 * @throws WharfError `approval.unknown`, `approval.decided`, `contract.change_refused`, `lake.incompatible_type`
 */
export async function approve(id: string, word: Word, deps: ApprovalDeps): Promise<Settled> {
  const approval = await open(id, ['pending', 'approved'], deps);
  const base = baseOf(approval, deps);
  const { drift, catalog, objects } = deps;
  const check = async (changes: readonly Change[]): Promise<void> => {
    const table = await loadTable(catalog, objects, base.name);
    currentSchema(table?.metadata, tableColumns(evolve(base, changes)));
  };
  await adopt(approval, word, { ...deps, check });
  const contract = await asApproved(base, drift);
  const released = await release(approval, deps);
  const began = deps.now().toISOString();
  const backfilled = await deps.backfill?.(contract, changesOf(approval));
  // Who has no engine leaves that to the clock: see `tend`.
  if (backfilled) await drift.decide(id, { backfilled: began }, ['approved']);
  return settled(approval, 'approved', deps, { released, ...(backfilled && { backfilled }) });
}

/**
 * Rejects changes. Deliveries that wait are refused whole, or land as the contract has it: with the rows it refuses in
 * the quarantine. The same goes for deliveries that come so later.
 */
export async function reject(
  id: string,
  { by, why, outcome }: Word & { readonly outcome: Rejection },
  deps: ApprovalDeps,
): Promise<Settled> {
  const { drift, now } = deps;
  const approval = await open(id, ['pending', 'rejected'], deps);
  const fields = { state: 'rejected', outcome, by, reason: why, decided_at: now().toISOString() } as const;
  await drift.decide(id, fields, ['pending']);
  if ((approval.state === 'rejected' ? approval.outcome : outcome) === 'land')
    return settled(approval, 'rejected', deps, { released: await release(approval, deps) });
  const stopped = await waiting(approval, deps);
  for (const entry of stopped)
    await closeWithout(entry, { state: 'refused', reasons: { [reasonOf(id)]: 1 } }, ['held'], deps);
  return settled(approval, 'rejected', deps, { stopped: stopped.map(({ delivery }) => delivery) });
}

/**
 * Takes a decision back. An approval: the contract's next version is without it; what was written stays, and a column
 * of a table stays as well. A rejection: it waits again, and so do the deliveries that were refused for it.
 */
export async function undo(id: string, word: Word, deps: ApprovalDeps): Promise<Settled> {
  const { drift, ledger } = deps;
  const approval = await open(id, ['approved', 'rejected'], deps);
  if (approval.state === 'approved') {
    await withdraw(approval, word, deps);
    return settled(approval, 'undone', deps);
  }
  const stopped = (await waiting(approval, deps)).map(({ delivery }) => delivery);
  for (const delivery of stopped) await ledger.update(delivery, { state: 'held', reasons: {} }, ['refused']);
  const fields = { state: 'pending', by: word.by, reason: word.why } as const;
  await drift.decide(id, fields, ['rejected']);
  return settled(approval, 'pending', deps, { stopped });
}

/** Nothing was changed, and trying again would not help: somebody else was first, or the table cannot follow. */
const isRefusal = (error: unknown): error is WharfError =>
  error instanceof WharfError && (error.route === 'usage' || error.code === 'lake.incompatible_type');

/** Does what was said over the API; notes why where it is refused. */
export async function decideBy(said: DecisionMessage, deps: ApprovalDeps): Promise<void> {
  const { approval, decision, land, dataset, ...word } = said;
  try {
    if (decision === 'approve') await approve(approval, word, deps);
    else if (decision === 'undo') await undo(approval, word, deps);
    else await reject(approval, { ...word, outcome: land ? 'land' : 'refuse' }, deps);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const { code, message } = error;
    log.warn('decision refused', { approval, dataset, decision, error: { code, message } });
    const refused = { decision, ...word, at: deps.now().toISOString(), code, message };
    await deps.drift.decide(approval, { refused }, approvalStates);
  }
}

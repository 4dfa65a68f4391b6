/** A change that somebody has approved, without a file that brought it. */
import type { Change } from '../../core/contract/change.ts';
import type { Approval } from '../../core/drift/approval.ts';
import { adopt } from '../../platform/drift/adopt.ts';
import type { DriftStore } from '../../platform/drift/store.ts';

/** Puts a change into the queue and approves it. */
export async function approved(dataset: string, change: Change, drift: DriftStore): Promise<void> {
  const approval: Approval = {
    ...{ approval: `${dataset}.${change.field}`, dataset, state: 'pending', version: 0, deliveries: [] },
    ...{ verdict: 'ask', why: 'it is a test', asked_at: new Date().toISOString() },
    findings: [{ kind: 'values', confidence: 1, evidence: [], change }],
  };
  await drift.ask(approval);
  await adopt(approval, { by: 'ada', why: 'test' }, { drift, now: () => new Date() });
}

/** Changes that a delivery brings: approved by themselves, or put into the queue for somebody to decide. */
import { createHash } from 'node:crypto';
import { evolve } from '../../core/contract/change.ts';
import type { Contract } from '../../core/contract/model.ts';
import { type Approval, changesOf } from '../../core/drift/approval.ts';
import type { Decision } from '../../core/drift/decide.ts';
import type { Finding } from '../../core/drift/model.ts';
import { WharfError } from '../../core/errors.ts';
import { adopt } from './adopt.ts';
import type { LookDeps, Outlook } from './look.ts';

/** The same changes are one approval, however many deliveries bring them, and whenever. */
function idOf(dataset: string, findings: readonly Finding[]): string {
  const asked = changesOf({ findings }).map((change) => JSON.stringify(change));
  return createHash('sha256')
    .update(JSON.stringify([dataset, asked.sort()]))
    .digest('hex')
    .slice(0, 12);
}

/** Whether the tables can follow: a column that was taken back may stand there with another type. */
const follows = (contract: Contract, approval: Approval, { schemas }: LookDeps): Promise<boolean> =>
  Promise.resolve()
    .then(() => schemas.of(evolve(contract, changesOf(approval))))
    .then(
      () => true,
      (error: unknown) => {
        if (error instanceof WharfError && error.route !== 'transient') return false;
        throw error;
      },
    );

/** What becomes of a delivery that would change its contract. @param decided somebody has decided about it before */
export async function ask(
  delivery: string,
  contract: Contract,
  findings: readonly Finding[],
  decision: Decision,
  decided: boolean,
  deps: LookDeps,
): Promise<Outlook> {
  const { drift } = deps;
  const approval = idOf(contract.name, findings);
  const asked =
    (await drift.approval(approval)) ?? (await putInQueue(approval, contract, findings, decision, deps));
  const { state, verdict, outcome, deliveries } = asked;
  const waits = findings.some(({ change, blocks }) => change && blocks);
  if (deliveries.length < (waits ? MOST_WAITING : MOST_TOLD) && !deliveries.includes(delivery))
    await drift.brought(approval, delivery);
  // What was taken back is asked for again, and of a person: see `withdraw`.
  if (state === 'undone') await drift.decide(approval, { state: 'pending' }, ['undone']);
  const adopts = state === 'pending' && verdict === 'self' && (await follows(contract, asked, deps));
  if (adopts) await adopt(asked, { by: 'wharf', why: decision.why }, deps);
  if (state === 'approved' || adopts) {
    return { go: true, contract: (await deps.contract(contract.name)) ?? contract };
  }
  if (state === 'rejected' && outcome === 'land') return { go: true, contract };
  if (decided && state !== 'rejected') return { go: true, contract };
  if (state === 'rejected' ? waits : verdict === 'quarantine')
    return { go: false, state: 'refused', approval };
  return waits ? { go: false, state: 'held', approval } : { go: true, contract };
}

/** So many deliveries an approval names: those that wait, and others. The ledger knows the rest. */
const MOST_WAITING = 500;
const MOST_TOLD = 20;

async function putInQueue(
  approval: string,
  { name: dataset }: Contract,
  findings: readonly Finding[],
  decision: Decision,
  { drift, now }: LookDeps,
): Promise<Approval> {
  const { length: version } = await drift.versions(dataset);
  const asked: Approval = {
    ...decision,
    ...{ approval, dataset, state: 'pending', version, findings },
    ...{ asked_at: now().toISOString(), deliveries: [] },
  };
  await drift.ask(asked);
  return asked;
}

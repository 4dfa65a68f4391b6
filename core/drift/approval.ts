/** What waits for somebody's word, and what became of it: the queue of approvals and the log of schema changes. */
import type { Change } from '../contract/change.ts';
import type { Decision } from './decide.ts';
import { changes } from './decide.ts';
import type { DecisionMessage } from './decision.ts';
import type { Finding } from './model.ts';

/** `undone`: it was approved, and that was taken back. */
export const approvalStates = ['pending', 'approved', 'rejected', 'undone'] as const;
export type ApprovalState = (typeof approvalStates)[number];

/** What becomes of deliveries that wait for a change which is rejected. */
export type Rejection = 'refuse' | 'land';

/** A decision that was taken down over the API, and could not be done when its turn came. */
export interface Refusal {
  readonly decision: DecisionMessage['decision'];
  readonly by: string;
  readonly why: string;
  readonly at: string;
  /** What stood against it. */
  readonly code: string;
  readonly message: string;
}

export interface Approval extends Decision {
  readonly approval: string;
  readonly dataset: string;
  readonly state: ApprovalState;
  /** The version of the contract it was found under. */
  readonly version: number;
  readonly findings: readonly Finding[];
  readonly asked_at: string;
  /** Deliveries that came so. */
  readonly deliveries: readonly string[];
  readonly decided_at?: string;
  readonly by?: string;
  readonly reason?: string;
  readonly outcome?: Rejection;
  /** What was said last, where it could not be done; until something else is. */
  readonly refused?: Refusal;
  /** When rows that came before were last looked for, to give them their values. */
  readonly backfilled?: string;
  /** When an undo or a rollback last brought rows back that may not have theirs. */
  readonly unfilled?: string;
}

/** What is under way when somebody decides is written by the contract from before. The longest is a large file: four hours. */
const UNDER_WAY_MS = 5 * 60 * 60_000;

/** Whether rows that came before an approval may still wait for their values: of whichever approval was the last. */
export const awaitsBackfill = ({ state, decided_at = '', backfilled, unfilled = '' }: Approval): boolean =>
  state === 'approved' &&
  (backfilled === undefined ||
    backfilled < unfilled ||
    Date.parse(backfilled) < Date.parse(decided_at) + UNDER_WAY_MS);

/** What an approval would change in the contract. */
export const changesOf = ({ findings }: Pick<Approval, 'findings'>): Change[] =>
  changes(findings).map(({ change }) => change!);

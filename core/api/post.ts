/** Judges a post and says what becomes of it. */
import type { Contract } from '../contract/model.ts';
import { judgeEvent } from '../events/judge.ts';
import { type Fault, faultsOf } from './faults.ts';
import { receiptOf } from './parts.ts';
import { Problem, type ProblemDocument } from './problem.ts';

/** What one HTTP answer says; the header `content-type` follows from the body. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** Reasons of an event that was refused; undefined of one that was accepted. */
export type Verdicts = readonly (readonly string[] | undefined)[];

/** Most refused events that an answer goes into; the others are told by their receipts and stand in the quarantine. */
const TOLD = 100;

export const judgePost = (contract: Contract, events: readonly string[]): Verdicts =>
  events.map((json) => {
    const verdict = judgeEvent(contract, json);
    return verdict.ok ? undefined : verdict.reasons;
  });

interface Refused {
  readonly event: number;
  readonly receipt?: string;
  readonly problems?: readonly Fault[];
}

function refused(
  contract: Contract,
  events: readonly string[],
  verdicts: Verdicts,
  receipt: (event: number) => { receipt?: string },
): Refused[] {
  let told = 0;
  return verdicts.flatMap((reasons, event) =>
    reasons
      ? [
          {
            event,
            ...receipt(event),
            ...(told++ < TOLD && { problems: faultsOf(contract, event, events[event]!, reasons) }),
          },
        ]
      : [],
  );
}

const count = (n: number): string => `${n} event${n === 1 ? '' : 's'}`;

/**
 * Refuses a post of which nothing is taken in unless all of it can be.
 * @throws Problem `events-refused`
 */
export function assertAllAccepted(contract: Contract, events: readonly string[], verdicts: Verdicts): void {
  const found = refused(contract, events, verdicts, () => ({}));
  if (found.length === 0) return;
  throw new Problem(
    'events-refused',
    `${count(found.length)} of ${events.length} would be refused, and atomic=true was asked for: nothing was taken in`,
    { refused: found },
  );
}

/** The answer to a post on its way: 202 when all was accepted, 422 when nothing was, 207 in between. */
export function answerPost(
  contract: Contract,
  events: readonly string[],
  verdicts: Verdicts,
  { post, partOf }: { readonly post: string; readonly partOf: readonly number[] },
): Answer {
  const receipt = (event: number) => ({ receipt: receiptOf(post, partOf[event]!, event) });
  const bad = refused(contract, events, verdicts, receipt);
  const good = verdicts.flatMap((reasons, event) => (reasons ? [] : [{ event, ...receipt(event) }]));
  const { name: dataset } = contract;
  if (bad.length === 0) return { status: 202, body: { dataset, accepted: good } };
  if (good.length > 0) return { status: 207, body: { dataset, accepted: good, refused: bad } };
  const { document } = new Problem(
    'events-refused',
    `${count(bad.length)} of ${events.length} refused: kept in the quarantine of ${dataset} with the reasons`,
    { refused: bad },
  );
  return { status: 422, body: document satisfies ProblemDocument };
}

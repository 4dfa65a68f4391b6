/** Who has which part of a post: what makes an event land once, however often its message comes. See ADR 7. */
import type { Contract } from '../../core/contract/model.ts';
import { isClosed } from '../../core/delivery/model.ts';
import type { AskCommit } from '../ingest/ask-commit.ts';
import type { Claim, Ledger } from '../ledger.ts';
import { sideBySide } from '../side-by-side.ts';
import { closeAttempt, newAttempt } from './attempt.ts';

export interface ClaimDeps {
  readonly ledger: Ledger;
  readonly askCommit: AskCommit;
  readonly lakeBucket: string;
  readonly now: () => Date;
  /** A delivery that began before this has no worker any more. */
  readonly deadBefore: () => Date;
}

/** What is to be done with a part. */
export type Standing =
  /** Its rows are in files that a commit shows or will show. */
  | { readonly is: 'done' }
  /** Another worker is at it. */
  | { readonly is: 'busy' }
  /** Nobody has it, or one who has given up: `after`. */
  | { readonly is: 'free'; readonly after?: string };

/** Parts looked up in one request, and claims written side by side. */
const CLAIMED = 32;

/** How each part stands. What was written and never committed is asked for again on the way. */
export async function standings(
  contract: Contract,
  parts: readonly string[],
  deps: ClaimDeps,
): Promise<Map<string, Standing>> {
  const claims = await deps.ledger.claims(parts);
  const known = new Map<string, Standing>();
  for (const claim of claims.values())
    if (!known.has(claim.delivery)) known.set(claim.delivery, await standingOf(contract, claim, deps));
  return new Map(parts.map((part) => [part, known.get(claims.get(part)?.delivery ?? '') ?? { is: 'free' }]));
}

/** How the parts of a delivery stand. One whose worker is dead is closed first, so that it can never say `written`. */
async function standingOf(contract: Contract, claim: Claim, deps: ClaimDeps): Promise<Standing> {
  const { delivery, started_at } = claim;
  const entry = await deps.ledger.get(delivery);
  if (entry?.state === 'written') await deps.askCommit(delivery, entry.dataset);
  if (entry?.manifest) return { is: 'done' };
  // However it was closed, it will never have files any more.
  if (entry && isClosed(entry.state)) return { is: 'free', after: delivery };
  if (Date.parse(started_at) >= deps.deadBefore().getTime()) return { is: 'busy' };
  const attempt = entry ?? newAttempt(contract, claim, [], deps);
  const error = 'Its worker ended before it was done; another delivery has its events';
  const closed = await closeAttempt(attempt, error, deps);
  return closed ? { is: 'free', after: delivery } : standingOf(contract, claim, deps);
}

/** Makes a claim on free parts. @returns those it got; another worker was faster with the rest */
export async function claimParts(
  claim: Claim,
  free: ReadonlyMap<string, Extract<Standing, { is: 'free' }>>,
  { ledger, now }: ClaimDeps,
): Promise<Set<string>> {
  const got = new Set<string>();
  await sideBySide(free, CLAIMED, async ([part, { after }]) => {
    if (await ledger.claimPart(part, claim, after, now())) got.add(part);
  });
  return got;
}

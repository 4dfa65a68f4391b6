/** Who has which part of a post: what makes an event land once, however often its message comes. See ADR 7. */
import type { Contract } from '../../core/contract/model.ts';
import { isClosed } from '../../core/delivery/model.ts';
import type { AskCommit } from '../ingest/ask-commit.ts';
import type { Ledger } from '../ledger.ts';
import { type Claim, itemKey } from '../ledger-items.ts';
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
  | { readonly is: 'free'; readonly after?: Claim };

/** Most parts that are claimed in one request, and requests side by side. */
const CLAIMED = 100;
const AT_ONCE = 32;

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
  if (entry && isClosed(entry.state)) return { is: 'free', after: claim };
  if (Date.parse(started_at) >= deps.deadBefore().getTime()) return { is: 'busy' };
  const attempt = entry ?? newAttempt(contract, claim, [], deps);
  const error = 'Its worker ended before it was done; another delivery has its events';
  const closed = await closeAttempt(attempt, error, deps);
  return closed ? { is: 'free', after: claim } : standingOf(contract, claim, deps);
}

const slices = (parts: readonly string[], most: number): string[][] =>
  Array.from({ length: Math.ceil(parts.length / most) }, (_, i) => parts.slice(i * most, (i + 1) * most));

/** Makes a claim on free parts. @returns those it got; another worker was faster with the rest */
export async function claimParts(
  claim: Claim,
  free: ReadonlyMap<string, Extract<Standing, { is: 'free' }>>,
  { ledger, now }: ClaimDeps,
): Promise<Set<string>> {
  const got = new Set<string>();
  const claimAll = async (parts: readonly string[]): Promise<void> => {
    const isNew = parts.every((part) => free.get(part)?.after === undefined);
    if (isNew && (await ledger.claimParts(parts, claim, now()))) for (const part of parts) got.add(part);
    else
      for (const part of parts)
        if (await ledger.claimPart(part, claim, free.get(part)?.after, now())) got.add(part);
  };
  const together = [...Map.groupBy(free.keys(), itemKey.claims).values()];
  await sideBySide(
    together.flatMap((parts) => slices(parts, CLAIMED)),
    AT_ONCE,
    claimAll,
  );
  return got;
}

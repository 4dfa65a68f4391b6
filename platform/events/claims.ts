/** Who has which part of a post: what makes an event land once, however often its message comes. See ADR 7. */
import { isClosed } from '../../core/delivery/model.ts';
import type { Ledger } from '../ledger.ts';

export interface ClaimDeps {
  readonly ledger: Ledger;
  /** Asks the committer to commit a delivery. Asking twice is harmless. */
  readonly askCommit: (delivery: string, dataset: string) => Promise<void>;
  readonly now: () => Date;
  /** A delivery that was opened before this has no worker any more. */
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
const LOOKED_UP = 100;
const CLAIMED = 32;

/** How each part stands. What was written and never committed is asked for again on the way. */
export async function standings(parts: readonly string[], deps: ClaimDeps): Promise<Map<string, Standing>> {
  const { ledger } = deps;
  const holders = new Map<string, string>();
  for (let i = 0; i < parts.length; i += LOOKED_UP)
    for (const [part, holder] of await ledger.partHolders(parts.slice(i, i + LOOKED_UP)))
      holders.set(part, holder);
  const known = new Map<string, Standing>();
  for (const holder of new Set(holders.values())) known.set(holder, await standingOf(holder, deps));
  return new Map(parts.map((part) => [part, known.get(holders.get(part) ?? '') ?? { is: 'free' }]));
}

/** How the parts of a delivery stand. One whose worker is dead is closed first, so that it can never say `written`. */
async function standingOf(holder: string, deps: ClaimDeps): Promise<Standing> {
  const { ledger, askCommit, now, deadBefore } = deps;
  const entry = await ledger.get(holder);
  if (entry?.state === 'written') await askCommit(entry.delivery, entry.dataset);
  if (entry?.manifest) return { is: 'done' };
  // However it was closed, it will never have files any more.
  if (!entry || isClosed(entry.state)) return { is: 'free', after: holder };
  if (Date.parse(entry.started_at) >= deadBefore().getTime()) return { is: 'busy' };
  const ended_at = now().toISOString();
  const error = 'Its worker ended before it was done; another delivery has its events';
  const closed = await ledger.update(holder, { state: 'failed', error, ended_at }, ['ingesting']);
  return closed ? { is: 'free', after: holder } : standingOf(holder, deps);
}

/** Claims free parts for a delivery. @returns those it got; another worker was faster with the rest */
export async function claimParts(
  delivery: string,
  free: ReadonlyMap<string, Extract<Standing, { is: 'free' }>>,
  { ledger, now }: ClaimDeps,
): Promise<Set<string>> {
  const got = new Set<string>();
  const queue = free.entries();
  const work = async () => {
    for (const [part, { after }] of queue)
      if (await ledger.claimPart(part, delivery, after, now())) got.add(part);
  };
  await Promise.all(Array.from({ length: CLAIMED }, work));
  return got;
}

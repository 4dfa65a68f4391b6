/**
 * How many events a key may post, across all instances of the function. A counter in the ledger that every request
 * wrote to would cost a write a request and be the hottest item of the table. Instead an instance leases tokens by the
 * block, a twentieth of what a key has for ten seconds, and spends them from its own memory: about one write for every
 * block, and one for every instance and window at low traffic. What a window's leases leave unspent is lost, so a
 * key may get a little less than its due when many instances serve it, never more.
 */
import { Problem } from '../../core/api/problem.ts';
import { itemKey } from '../ledger-items.ts';
import type { Desk } from './desk.ts';

const WINDOW_S = 10;
const BLOCKS = 20;
/** Callers whose leases are kept in memory; beyond, those of windows that are over go. */
const KEPT = 1_000;

interface Lease {
  readonly window: number;
  left: number;
  exhausted: boolean;
  asking: Promise<void> | undefined;
}

export class RateLimiter {
  readonly #desk: Pick<Desk, 'lease'>;
  readonly #now: () => number;
  readonly #leases = new Map<string, Lease>();

  /** @param now seconds since 1970 */
  constructor(desk: Pick<Desk, 'lease'>, now: () => number = () => Date.now() / 1000) {
    this.#desk = desk;
    this.#now = now;
  }

  /**
   * Takes tokens, one an event, of a caller that has `rate` of them a second.
   * @throws Problem `rate-limited` with `Retry-After`
   */
  async take(caller: string, events: number, rate: number): Promise<void> {
    const limit = rate * WINDOW_S;
    const wanted = Math.min(events, limit);
    for (;;) {
      const lease = this.#lease(caller);
      if (lease.left >= wanted) {
        lease.left -= wanted;
        return;
      }
      if (lease.exhausted) throw this.#refusal(lease, rate);
      lease.asking ??= this.#ask(caller, lease, wanted, limit).finally(() => {
        lease.asking = undefined;
      });
      await lease.asking;
    }
  }

  #lease(caller: string): Lease {
    const window = Math.floor(this.#now() / WINDOW_S);
    const known = this.#leases.get(caller);
    if (known?.window === window) return known;
    if (this.#leases.size >= KEPT)
      for (const [name, lease] of this.#leases) if (lease.window !== window) this.#leases.delete(name);
    const lease: Lease = { window, left: 0, exhausted: false, asking: undefined };
    this.#leases.set(caller, lease);
    return lease;
  }

  async #ask(caller: string, lease: Lease, wanted: number, limit: number): Promise<void> {
    const expires = (lease.window + 2) * WINDOW_S;
    // What is left of the window may be less than a block and still enough.
    for (const amount of new Set([Math.max(wanted, Math.ceil(limit / BLOCKS)), wanted]))
      if (await this.#desk.lease(itemKey.rate(caller, lease.window), amount, limit, expires)) {
        lease.left += amount;
        return;
      }
    lease.exhausted = true;
  }

  #refusal({ window }: Lease, rate: number): Problem {
    const wait = Math.max(1, Math.ceil((window + 1) * WINDOW_S - this.#now()));
    return new Problem('rate-limited', `This key may post ${rate} events a second; try again in ${wait} s`, {
      headers: { 'retry-after': String(wait) },
    });
  }
}

/** What happens each second while somebody wants the statistics. A tick is a message that sends the next one; see ADR 11. */
import type { LiveContract } from '../../core/live/model.ts';
import { RunningStats, WINDOW_MINUTES } from '../../core/live/stats.ts';
import type { SendAll } from '../api/queue.ts';
import type { Broadcaster } from './broadcast.ts';
import type { LiveStore } from './store.ts';

export const tickMessage = (dataset: string): string => JSON.stringify({ tick: dataset });

/** Two chains of ticks become one: the queue holds each tick back for a second, and of two within this one is dropped. */
const APART_MS = 900;
/** What was written by another's clock may come a little behind. */
const SKEW_MS = 2_000;

export interface TickDeps {
  readonly store: Pick<LiveStore, 'beat' | 'keptSince'>;
  readonly broadcaster: Pick<Broadcaster, 'listeners' | 'send'>;
  readonly sendTick: SendAll;
  readonly now: () => Date;
}

interface Known {
  readonly stats: RunningStats;
  /** When what was read last had been written. */
  until: number;
}

export class Ticker {
  readonly #deps: TickDeps;
  readonly #known = new Map<string, Known>();

  constructor(deps: TickDeps) {
    this.#deps = deps;
  }

  /** Sends the statistics to those who want them, and sees to the next tick; where nobody does, this was the last. */
  async tick(contract: LiveContract): Promise<void> {
    const { store, broadcaster, sendTick, now } = this.#deps;
    const { name } = contract;
    if (!(await store.beat(name, now(), APART_MS))) return;
    const listeners = await broadcaster.listeners(name, 'stats');
    if (listeners.length === 0) return;
    await sendTick([tickMessage(name)]);
    const text = JSON.stringify((await this.#upToDate(contract)).at(now()));
    await broadcaster.send(name, listeners, text);
  }

  /** Reads what was kept since the last look: a part is counted once, however often it is read, and came. */
  async #upToDate(contract: LiveContract): Promise<RunningStats> {
    const { name } = contract;
    const oldest = this.#deps.now().getTime() - WINDOW_MINUTES * 60_000;
    let known = this.#known.get(name);
    if (!known || known.until < oldest) known = { stats: new RunningStats(contract), until: oldest };
    this.#known.set(name, known);
    for await (const { sk, part, received_at, rows } of this.#deps.store.keptSince(
      name,
      new Date(known.until - SKEW_MS),
    )) {
      known.stats.add(part, new Date(received_at), rows);
      known.until = Math.max(known.until, Date.parse(sk.slice(0, 24)));
    }
    return known.stats;
  }
}

/** The dataset of a tick; undefined where the text is another message. */
export const readTick = (body: string): string | undefined => /^\{"tick":"([\w.]{1,200})"\}$/.exec(body)?.[1];

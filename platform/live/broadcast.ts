/** Sends what was accepted to those who listen, and keeps it for those who come. */
import { judgeEvent } from '../../core/events/judge.ts';
import { type EventMessage, partId } from '../../core/events/model.ts';
import {
  eventMessages,
  type LiveContract,
  type LiveRow,
  matches,
  packets,
  type Subscription,
} from '../../core/live/model.ts';
import { log } from '../log.ts';
import { sideBySide } from '../side-by-side.ts';
import { tell } from '../tell.ts';
import { AT_ONCE, type Connections } from './connections.ts';
import type { LiveStore } from './store.ts';

export interface BroadcastDeps {
  readonly store: Pick<LiveStore, 'keep' | 'version' | 'subscribers' | 'forget'>;
  readonly connections: Connections;
  /** Whether a caller may still listen. */
  readonly still: (caller: string) => Promise<boolean>;
  readonly now: () => Date;
}

/** Events of one dataset that wait for their turn. */
interface Lane {
  waiting: LiveRow[];
  underWay: Promise<void> | undefined;
  known: { readonly version: number; readonly subscribers: readonly Subscription[] } | undefined;
}

export class Broadcaster {
  readonly #deps: BroadcastDeps;
  readonly #lanes = new Map<string, Lane>();

  constructor(deps: BroadcastDeps) {
    this.#deps = deps;
  }

  /** Keeps and sends the accepted events of a message; refused ones are nobody's to see. */
  async take(contract: LiveContract, message: EventMessage): Promise<void> {
    const { store, now } = this.#deps;
    const rows = message.events
      .map(([, json]) => judgeEvent(contract, json))
      .flatMap((verdict) => (verdict.ok ? [verdict.row] : []));
    const kept = packets(rows.map((row) => JSON.stringify(row))).map((events, n) => ({
      ...{ part: `${partId(message)}.${n}`, received_at: message.received_at, events },
    }));
    // Kept first: who subscribes after this finds them there, who subscribed before is found below. Nobody misses any.
    await Promise.all(kept.map((one) => store.keep(contract.name, one, now())));
    await this.#share(contract.name, rows);
  }

  /** Those who want a channel of a dataset, and still may; who may no more is sent away. */
  async listeners(dataset: string, channel: Subscription['send'][number]): Promise<Subscription[]> {
    const { store, connections, still, now } = this.#deps;
    const lane = this.#lane(dataset);
    const version = await store.version(dataset);
    if (lane.known?.version !== version)
      lane.known = { version, subscribers: await store.subscribers(dataset, now()) };
    const wanting = lane.known.subscribers.filter(({ send }) => send.includes(channel));
    const callers = [...new Set(wanting.map(({ caller }) => caller))];
    const answers = await Promise.all(callers.map(async (caller) => [caller, await still(caller)] as const));
    const revoked = new Set(answers.flatMap(([caller, may]) => (may ? [] : [caller])));
    if (revoked.size === 0) return wanting;
    for (const { connection, caller } of wanting)
      if (revoked.has(caller)) {
        await store.forget(connection, [dataset]);
        await connections.close(connection);
      }
    return wanting.filter(({ caller }) => !revoked.has(caller));
  }

  /** Sends each of some clients their messages, in order; who is gone is forgotten. */
  async send(dataset: string, mail: ReadonlyMap<string, readonly string[]>): Promise<void> {
    const { connections, store } = this.#deps;
    const failures: unknown[] = [];
    await sideBySide(mail, AT_ONCE, async ([connection, bodies]) => {
      try {
        for (const body of bodies)
          if (!(await connections.post(connection, body))) return await store.forget(connection, [dataset]);
      } catch (error) {
        failures.push(error);
      }
    });
    // One client that cannot be reached is no reason to send everything to all others again.
    if (failures.length > 0)
      log.warn('not sent', { dataset, clients: failures.length, error: tell(failures[0]) });
  }

  /** One round at a time: what comes meanwhile goes together in the next, in its order. */
  async #share(dataset: string, rows: readonly LiveRow[]): Promise<void> {
    const lane = this.#lane(dataset);
    lane.waiting.push(...rows);
    while (lane.underWay) await lane.underWay;
    const all = lane.waiting;
    if (all.length === 0) return;
    lane.waiting = [];
    lane.underWay = this.#round(dataset, all).finally(() => {
      lane.underWay = undefined;
    });
    await lane.underWay;
  }

  async #round(dataset: string, rows: readonly LiveRow[]): Promise<void> {
    const listeners = await this.listeners(dataset, 'events');
    const texts = rows.map((row) => JSON.stringify(row));
    // Most clients want the same: each filter is applied, and its message written, once.
    const made = new Map<string, readonly string[]>();
    const mail = new Map<string, readonly string[]>();
    for (const { connection, filter } of listeners) {
      const key = JSON.stringify(filter);
      const bodies =
        made.get(key) ??
        eventMessages(
          dataset,
          texts.filter((_, i) => matches(rows[i]!, filter)),
        );
      made.set(key, bodies);
      if (bodies.length > 0) mail.set(connection, bodies);
    }
    await this.send(dataset, mail);
  }

  #lane(dataset: string): Lane {
    let lane = this.#lanes.get(dataset);
    if (!lane) {
      lane = { waiting: [], underWay: undefined, known: undefined };
      this.#lanes.set(dataset, lane);
    }
    return lane;
  }
}

/** Sends what was accepted to those who listen, and keeps it for those who come. */
import { judgeEvent } from '../../core/events/judge.ts';
import { type EventMessage, partId } from '../../core/events/model.ts';
import { type LiveContract, packets, type Subscription } from '../../core/live/model.ts';
import { log } from '../log.ts';
import { sideBySide } from '../side-by-side.ts';
import { tell } from '../tell.ts';
import { AT_ONCE, type Connections } from './connections.ts';
import { Lane } from './lane.ts';
import type { LiveStore } from './store.ts';

export interface BroadcastDeps {
  readonly store: Pick<LiveStore, 'keep' | 'version' | 'subscribers' | 'forget'>;
  readonly connections: Connections;
  /** Whether a caller may still listen. */
  readonly still: (caller: string) => Promise<boolean>;
  readonly now: () => Date;
}

interface Audience {
  readonly lane: Lane;
  known: { readonly version: number; readonly subscribers: readonly Subscription[] } | undefined;
}

export class Broadcaster {
  readonly #deps: BroadcastDeps;
  readonly #audiences = new Map<string, Audience>();

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
    await this.#audience(contract.name).lane.share(rows);
  }

  /** Those who want a channel of a dataset, and still may; who may no more is sent away. */
  async listeners(dataset: string, channel: Subscription['send'][number]): Promise<Subscription[]> {
    const { store, connections, still, now } = this.#deps;
    const audience = this.#audience(dataset);
    const version = await store.version(dataset);
    if (audience.known?.version !== version)
      audience.known = { version, subscribers: await store.subscribers(dataset, now()) };
    const wanting = audience.known.subscribers.filter(({ send }) => send.includes(channel));
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

  /** Sends some clients a message each; who is gone is forgotten. */
  send(dataset: string, clients: readonly Subscription[], body: string): Promise<void> {
    return this.#inTurn(dataset, clients, () => [body]);
  }

  /** Sends each of some clients, in its turn, the messages that are for it then. */
  async #inTurn(
    dataset: string,
    clients: readonly Subscription[],
    bodiesFor: (client: Subscription) => readonly string[],
  ): Promise<void> {
    const { connections, store } = this.#deps;
    const failures: unknown[] = [];
    await sideBySide(clients, AT_ONCE, async (client) => {
      const { connection } = client;
      try {
        for (const body of bodiesFor(client))
          if (!(await connections.post(connection, body))) return await store.forget(connection, [dataset]);
      } catch (error) {
        failures.push(error);
      }
    });
    // One client that cannot be reached is no reason to send everything to all others again.
    if (failures.length > 0)
      log.warn('not sent', { dataset, clients: failures.length, error: tell(failures[0]) });
  }

  #audience(dataset: string): Audience {
    const found = this.#audiences.get(dataset);
    if (found) return found;
    const lane = new Lane({
      dataset,
      listeners: () => this.listeners(dataset, 'events'),
      inTurn: (listeners, bodiesFor) => this.#inTurn(dataset, listeners, bodiesFor),
    });
    const audience: Audience = { lane, known: undefined };
    this.#audiences.set(dataset, audience);
    return audience;
  }
}

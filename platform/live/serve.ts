/** Answers what clients of the live API ask. */
import { Problem } from '../../core/api/problem.ts';
import type { Contract } from '../../core/contract/model.ts';
import {
  type Filter,
  isLive,
  type LiveContract,
  type LiveRow,
  MESSAGE_BYTES,
  matches,
  packets,
  RECENT,
} from '../../core/live/model.ts';
import { type LiveRequest, readable, readFilter, readRequest } from '../../core/live/request.ts';
import type { SendAll } from '../api/queue.ts';
import type { Connected, LiveStore } from './store.ts';
import { tickMessage } from './tick.ts';

export interface ServeDeps {
  readonly store: Pick<LiveStore, 'subscribe' | 'unsubscribe' | 'newest'>;
  readonly contracts: readonly Contract[];
  readonly find: (dataset: string) => Contract | undefined;
  readonly sendTick: SendAll;
  readonly now: () => Date;
}

export interface Client extends Connected {
  readonly connection: string;
}

/** So many events are looked through for those that a filter lets pass. */
const LOOKED_THROUGH = 2_000;

/**
 * The newest events that pass a filter, the oldest first, as many as go into one message of an answer.
 * Room is left for what stands around them.
 */
async function recent(dataset: string, filter: Filter, { store }: ServeDeps): Promise<LiveRow[]> {
  const found: LiveRow[] = [];
  let looked = 0;
  for await (const rows of store.newest(dataset)) {
    for (const row of rows.toReversed()) if (matches(row, filter) && found.length < RECENT) found.push(row);
    looked += rows.length;
    if (found.length === RECENT || looked >= LOOKED_THROUGH) break;
  }
  const [fitting = []] = packets(found.map((row) => JSON.stringify(row)));
  return found.slice(0, fitting.length).reverse();
}

const work: {
  readonly [A in LiveRequest['action']]: (
    request: Extract<LiveRequest, { action: A }>,
    client: Client,
    deps: ServeDeps,
  ) => Promise<object>;
} = {
  async subscribe({ datasets, filter: given = {}, send }, { connection, caller, scopes }, deps) {
    const { store, find, sendTick, now } = deps;
    const names = [...new Set(datasets)];
    const contracts: LiveContract[] = names.map((name) => readable(name, find(name), scopes));
    const filter = readFilter(given, contracts);
    // Written before the newest are read: what is accepted in between comes twice rather than not at all.
    for (const name of names) await store.subscribe(name, { connection, caller, filter, send }, now());
    if (send.includes('stats')) await sendTick(names.map(tickMessage));
    const answer = { type: 'subscribed', datasets: names, filter, send };
    if (!send.includes('events')) return answer;
    let room = MESSAGE_BYTES - Buffer.byteLength(JSON.stringify(answer));
    const newest: Record<string, LiveRow[]> = {};
    for (const name of names) {
      const rows = await recent(name, filter, deps);
      room -= Buffer.byteLength(JSON.stringify(rows));
      newest[name] = room > 0 ? rows : [];
    }
    return { ...answer, recent: newest };
  },
  async unsubscribe({ datasets }, { connection }, { store, contracts }) {
    const names = datasets ?? contracts.filter(isLive).map(({ name }) => name);
    for (const name of new Set(names)) await store.unsubscribe(name, connection);
    return { type: 'unsubscribed', datasets: names };
  },
  ping: async () => ({ type: 'pong' }),
};

/**
 * The answer to a message; a refusal is an answer, too.
 * @returns an object, in which a problem document stands as it does over HTTP
 */
export async function serve(text: string, client: Client, deps: ServeDeps): Promise<object> {
  try {
    const request = readRequest(text);
    const answer = work[request.action] as (r: LiveRequest, c: Client, d: ServeDeps) => Promise<object>;
    return await answer(request, client, deps);
  } catch (error) {
    if (error instanceof Problem) return error.document;
    throw error;
  }
}

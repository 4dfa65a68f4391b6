/**
 * The table of live: who is connected and to what they listen, and the newest events. A table of its own, so that what
 * faces every client of a WebSocket can write no key and no delivery. All in it is forgotten after a while.
 */
import type { Channel, Filter, LiveRow, Subscription } from '../../core/live/model.ts';
import { type Attributes, fromAttributes, toAttributes } from '../api/attributes.ts';
import type { AwsCall } from '../aws-json.ts';
import { AwsFailure } from '../signed-request.ts';

/** API Gateway ends a connection after two hours; what it left behind goes a little later. */
const CONNECTED_S = 7_800;
/** The newest events are shown for a day. */
const KEPT_S = 86_400;
/** Messages that a client may send in so many seconds. */
const CLIENT = { messages: 40, seconds: 10 };

type Key = Readonly<Record<'pk' | 'sk', string>>;

const connectionKey = (id: string): Key => ({ pk: `connection#${id}`, sk: 'connection' });
const subscriberKey = (dataset: string, connection: string): Key => ({
  pk: `subscribers#${dataset}`,
  sk: connection,
});
const versionKey = (dataset: string): Key => ({ pk: `version#${dataset}`, sk: 'version' });
const tickKey = (dataset: string): Key => ({ pk: `tick#${dataset}`, sk: 'tick' });

/** Events of one message of the queue, as they are kept. */
export interface Kept {
  /** Written at, then the part: later ones are greater. */
  readonly sk: string;
  readonly part: string;
  readonly received_at: string;
  /** JSON text of each event. */
  readonly events: readonly string[];
}

export interface Connected {
  readonly caller: string;
  readonly scopes: readonly string[];
}

const seconds = (now: Date): number => Math.floor(now.getTime() / 1000);

export class LiveStore {
  readonly #call: AwsCall;
  readonly #table: string;

  constructor(call: AwsCall, table: string) {
    this.#call = call;
    this.#table = table;
  }

  async connect(id: string, { caller, scopes }: Connected, now: Date): Promise<void> {
    const expires = seconds(now) + CONNECTED_S;
    await this.#put({ ...connectionKey(id), caller, scopes: scopes.join(' '), used: 0, since: 0, expires });
  }

  /**
   * Counts a message of a client.
   * @returns who sent it; undefined where the connection is over; `flood` where it sent too many lately
   */
  async touch(id: string, now: Date): Promise<Connected | 'flood' | undefined> {
    const window = Math.floor(seconds(now) / CLIENT.seconds);
    const values = { ':window': window, ':one': 1 };
    const entry =
      (await this.#update(connectionKey(id), 'ADD used :one', 'since = :window AND used < :most', {
        ...values,
        ':most': CLIENT.messages,
      })) ??
      (await this.#update(connectionKey(id), 'SET since = :window, used = :one', 'since < :window', values));
    if (entry) return { caller: String(entry.caller), scopes: String(entry.scopes).split(' ') };
    return (await this.#get(connectionKey(id))) ? 'flood' : undefined;
  }

  /** Ends a connection and its subscriptions. @param datasets those there may be subscriptions to */
  async forget(id: string, datasets: readonly string[]): Promise<void> {
    await this.#delete(connectionKey(id));
    await Promise.all(datasets.map((dataset) => this.unsubscribe(dataset, id)));
  }

  async subscribe(
    dataset: string,
    { connection, caller, filter, send }: Subscription,
    now: Date,
  ): Promise<void> {
    await this.#put({
      ...subscriberKey(dataset, connection),
      ...{ caller, filter: JSON.stringify(filter), send },
      expires: seconds(now) + CONNECTED_S,
    });
    await this.#changed(dataset);
  }

  async unsubscribe(dataset: string, connection: string): Promise<void> {
    if (await this.#delete(subscriberKey(dataset, connection))) await this.#changed(dataset);
  }

  /** Differs from what it was whenever somebody came or went. */
  async version(dataset: string): Promise<number> {
    return Number((await this.#get(versionKey(dataset)))?.version ?? 0);
  }

  async subscribers(dataset: string, now: Date): Promise<Subscription[]> {
    const found = await Array.fromAsync(this.#query(`subscribers#${dataset}`));
    return found
      .filter(({ expires }) => Number(expires) > seconds(now))
      .map(({ sk, caller, filter, send }) => ({
        connection: String(sk),
        caller: String(caller),
        filter: JSON.parse(String(filter)) as Filter,
        send: send as Channel[],
      }));
  }

  /** Keeps events for those who come later, and for the statistics. The same part kept again is told by its name. */
  async keep(dataset: string, { part, received_at, events }: Omit<Kept, 'sk'>, now: Date): Promise<void> {
    await this.#put({
      ...{ pk: `recent#${dataset}`, sk: `${now.toISOString()}#${part}` },
      ...{ part, received_at, events: `[${events.join(',')}]` },
      expires: seconds(now) + KEPT_S,
    });
  }

  /** What was kept since a moment, the oldest first. */
  async *keptSince(dataset: string, since: Date): AsyncGenerator<Omit<Kept, 'events'> & { rows: LiveRow[] }> {
    for await (const item of this.#query(`recent#${dataset}`, { from: since.toISOString() })) {
      const { sk, part, received_at, events } = item as Record<string, string>;
      yield { sk: sk!, part: part!, received_at: received_at!, rows: JSON.parse(events!) as LiveRow[] };
    }
  }

  /** The newest events, the newest message first; each message once, however often it came. */
  async *newest(dataset: string): AsyncGenerator<LiveRow[]> {
    const seen = new Set<unknown>();
    for await (const { part, events } of this.#query(`recent#${dataset}`, { newestFirst: true })) {
      if (seen.size === seen.add(part).size) continue;
      yield JSON.parse(String(events)) as LiveRow[];
    }
  }

  /** Whether this tick counts: of two that come within `ms`, the second does not. */
  async beat(dataset: string, now: Date, ms: number): Promise<boolean> {
    const at = now.getTime();
    return (
      (await this.#update(
        tickKey(dataset),
        'SET beat = :now, expires = :expires',
        'attribute_not_exists(beat) OR beat <= :before',
        { ':now': at, ':before': at - ms, ':expires': seconds(now) + KEPT_S },
        '',
      )) !== undefined
    );
  }

  async #changed(dataset: string): Promise<void> {
    await this.#update(versionKey(dataset), 'ADD version :one', '', { ':one': 1 }, '');
  }

  async #put(item: Parameters<typeof toAttributes>[0]): Promise<void> {
    await this.#call('PutItem', { TableName: this.#table, Item: toAttributes(item) });
  }

  async #get(key: Key): Promise<Record<string, unknown> | undefined> {
    const input = { TableName: this.#table, Key: toAttributes(key), ConsistentRead: true };
    const { Item } = await this.#call('GetItem', input);
    return Item ? fromAttributes(Item as Attributes) : undefined;
  }

  /** Changes an item under a condition. @returns the item as it is then; undefined where the condition did not hold */
  async #update(
    key: Key,
    change: string,
    condition: string,
    values: Record<string, number>,
    exists = 'attribute_exists(pk)',
  ): Promise<Record<string, unknown> | undefined> {
    const conditions = [exists, condition].filter(Boolean).join(' AND ');
    try {
      const { Attributes = {} } = await this.#call('UpdateItem', {
        TableName: this.#table,
        Key: toAttributes(key),
        UpdateExpression: change,
        ...(conditions && { ConditionExpression: conditions }),
        ExpressionAttributeValues: toAttributes(values),
        ReturnValues: 'ALL_NEW',
      });
      return fromAttributes(Attributes as Attributes);
    } catch (error) {
      if (error instanceof AwsFailure && error.name === 'ConditionalCheckFailedException') return undefined;
      throw error;
    }
  }

  /** @returns whether there was anything to delete */
  async #delete(key: Key): Promise<boolean> {
    const input = { TableName: this.#table, Key: toAttributes(key), ReturnValues: 'ALL_OLD' };
    return (await this.#call('DeleteItem', input)).Attributes !== undefined;
  }

  /** Items under one key, page by page, as they are now. */
  async *#query(
    pk: string,
    { from = ' ', newestFirst = false }: { from?: string; newestFirst?: boolean } = {},
  ): AsyncGenerator<Record<string, unknown>> {
    let ExclusiveStartKey: unknown;
    do {
      const page = await this.#call('Query', {
        TableName: this.#table,
        KeyConditionExpression: 'pk = :pk AND sk >= :from',
        ExpressionAttributeValues: toAttributes({ ':pk': pk, ':from': from }),
        ScanIndexForward: !newestFirst,
        ConsistentRead: true,
        // What is read newest first is left off soon.
        ...(newestFirst && { Limit: 50 }),
        ExclusiveStartKey,
      });
      for (const item of (page.Items ?? []) as Attributes[]) yield fromAttributes(item);
      ExclusiveStartKey = page.LastEvaluatedKey;
    } while (ExclusiveStartKey);
  }
}

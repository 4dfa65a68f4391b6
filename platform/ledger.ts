/**
 * The ledger: one DynamoDB table, three kinds of item.
 * - `delivery#<id>`: a delivery and its books
 * - `content#<dataset>#<sha256>`: the delivery whose rows with this content are in the table
 * - `object#<bucket>/<key>`: the delivery that is the key's current content in the table
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  BatchWriteCommand,
  type BatchWriteCommandInput,
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import type { Delivery } from '../core/delivery/model.ts';

/** The delivery that is a key's current content. */
export interface Pointer {
  readonly delivery: string;
  readonly order: string;
}

type Item = Record<string, unknown>;

const keyOf = (pk: string) => ({ pk, sk: pk.split('#', 1)[0]! });
const objectKey = ({ bucket, key }: Pick<Delivery, 'bucket' | 'key'>): string => `object#${bucket}/${key}`;

function entryOf({ pk: _pk, sk: _sk, ...entry }: Item): Delivery {
  return entry as unknown as Delivery;
}

/** DynamoDB leaves out of a batch what it has no capacity for; what is asked again waits, twice as long each time. */
const FIRST_WAIT_MS = 50;

export class Ledger {
  readonly #client: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(client: DynamoDBDocumentClient, table: string) {
    this.#client = client;
    this.#table = table;
  }

  async #get<T>(pk: string): Promise<T | undefined> {
    const { Item } = await this.#client.send(
      new GetCommand({ TableName: this.#table, Key: keyOf(pk), ConsistentRead: true }),
    );
    return Item as T | undefined;
  }

  /** Several items at once, by their keys; what is not there is left out. At most a hundred. */
  async #getAll(pks: readonly string[]): Promise<Map<string, Item>> {
    const found = new Map<string, Item>();
    let open: Item[] = [...new Set(pks)].map(keyOf);
    for (let wait = FIRST_WAIT_MS; open.length > 0; wait *= 2) {
      const { Responses, UnprocessedKeys } = await this.#client.send(
        new BatchGetCommand({ RequestItems: { [this.#table]: { Keys: open, ConsistentRead: true } } }),
      );
      for (const item of Responses?.[this.#table] ?? []) found.set(String(item.pk), item);
      open = UnprocessedKeys?.[this.#table]?.Keys ?? [];
      if (open.length > 0) await sleep(wait);
    }
    return found;
  }

  async get(delivery: string): Promise<Delivery | undefined> {
    const item = await this.#get<Item>(`delivery#${delivery}`);
    return item && entryOf(item);
  }

  /** Entries of up to a hundred deliveries, in their order, without those that are not there. */
  async getAll(deliveries: readonly string[]): Promise<Delivery[]> {
    const found = await this.#getAll(deliveries.map((id) => `delivery#${id}`));
    return deliveries.flatMap((id) => {
      const item = found.get(`delivery#${id}`);
      return item ? [entryOf(item)] : [];
    });
  }

  /** Opens an entry. @returns whether it was new; one that is there already is left alone */
  async open(entry: Delivery): Promise<boolean> {
    return this.#put(`delivery#${entry.delivery}`, entry, 'attribute_not_exists(pk)');
  }

  /** Writes fields of an entry; only while it is in one of the states `from`. @returns whether it was */
  async update(
    delivery: string,
    fields: Partial<Delivery>,
    from: readonly Delivery['state'][],
  ): Promise<boolean> {
    const changed = Object.entries(fields).filter(([, value]) => value !== undefined);
    try {
      await this.#client.send(
        new UpdateCommand({
          TableName: this.#table,
          Key: keyOf(`delivery#${delivery}`),
          UpdateExpression: `SET ${changed.map((_, i) => `#f${i} = :f${i}`).join(', ')}`,
          ConditionExpression: `#state IN (${from.map((_, i) => `:s${i}`).join(', ')})`,
          ExpressionAttributeNames: {
            '#state': 'state',
            ...Object.fromEntries(changed.map(([name], i) => [`#f${i}`, name])),
          },
          ExpressionAttributeValues: {
            ...Object.fromEntries(changed.map(([, value], i) => [`:f${i}`, value])),
            ...Object.fromEntries(from.map((state, i) => [`:s${i}`, state])),
          },
        }),
      );
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  }

  /** The delivery that holds this content; undefined where none does. */
  async holder(dataset: string, sha256: string): Promise<string | undefined> {
    return (await this.#get<{ delivery: string }>(`content#${dataset}#${sha256}`))?.delivery;
  }

  /** Claims a content for a delivery. @returns the delivery that holds it now: this one, or an earlier one */
  async claim(dataset: string, sha256: string, delivery: string): Promise<string> {
    const pk = `content#${dataset}#${sha256}`;
    const won = await this.#put(pk, { delivery }, 'attribute_not_exists(pk) OR delivery = :delivery', {
      ':delivery': delivery,
    });
    return won ? delivery : ((await this.holder(dataset, sha256)) ?? this.claim(dataset, sha256, delivery));
  }

  /** Gives a content free that a delivery held, so that it may come again. */
  async release(dataset: string, sha256: string): Promise<void> {
    await this.#client.send(
      new DeleteCommand({ TableName: this.#table, Key: keyOf(`content#${dataset}#${sha256}`) }),
    );
  }

  /** What stands under the keys of up to a hundred entries. @returns a function from entry to pointer */
  async currents(
    entries: readonly Delivery[],
  ): Promise<(entry: Pick<Delivery, 'bucket' | 'key'>) => Pointer | undefined> {
    const found = await this.#getAll(entries.map(objectKey));
    return (entry) => found.get(objectKey(entry)) as Pointer | undefined;
  }

  /** Makes entries the current content of their keys, no two of one key. At most 25. */
  async setCurrents(entries: readonly Delivery[]): Promise<void> {
    const put = (entry: Delivery) => {
      const { delivery, order } = entry;
      return { PutRequest: { Item: { ...keyOf(objectKey(entry)), delivery, order } } };
    };
    let RequestItems: BatchWriteCommandInput['RequestItems'] = { [this.#table]: entries.map(put) };
    for (let wait = FIRST_WAIT_MS; Object.keys(RequestItems ?? {}).length > 0; wait *= 2) {
      ({ UnprocessedItems: RequestItems } = await this.#client.send(new BatchWriteCommand({ RequestItems })));
      if (Object.keys(RequestItems ?? {}).length > 0) await sleep(wait);
    }
  }

  /** Entries of a dataset, the newest first. */
  async *list(dataset: string): AsyncIterable<Delivery> {
    let ExclusiveStartKey: Record<string, unknown> | undefined;
    do {
      const page = await this.#client.send(
        new QueryCommand({
          TableName: this.#table,
          IndexName: 'by_dataset',
          KeyConditionExpression: 'dataset = :dataset',
          ExpressionAttributeValues: { ':dataset': dataset },
          ScanIndexForward: false,
          ExclusiveStartKey,
        }),
      );
      for (const item of page.Items ?? []) yield entryOf(item);
      ExclusiveStartKey = page.LastEvaluatedKey;
    } while (ExclusiveStartKey);
  }

  async #put(
    pk: string,
    item: object,
    condition?: string,
    values?: Record<string, unknown>,
  ): Promise<boolean> {
    try {
      await this.#client.send(
        new PutCommand({
          TableName: this.#table,
          Item: { ...keyOf(pk), ...item },
          ConditionExpression: condition,
          ExpressionAttributeValues: values,
        }),
      );
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  }
}

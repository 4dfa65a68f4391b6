/**
 * The ledger: one DynamoDB table, three kinds of item.
 * - `delivery#<id>`: a delivery and its books
 * - `content#<dataset>#<sha256>`: the delivery whose rows with this content are in the table
 * - `object#<bucket>/<key>`: the delivery that is the key's current content in the table
 */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import type { Delivery } from '../core/delivery/model.ts';

const keyOf = (pk: string) => ({ pk, sk: pk.split('#', 1)[0]! });

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

  async get(delivery: string): Promise<Delivery | undefined> {
    const item = await this.#get<Delivery & { pk?: string; sk?: string }>(`delivery#${delivery}`);
    if (!item) return undefined;
    const { pk: _pk, sk: _sk, ...entry } = item;
    return entry;
  }

  /** Opens an entry; one that is there already is left alone. */
  async open(entry: Delivery): Promise<void> {
    await this.#put(`delivery#${entry.delivery}`, entry, 'attribute_not_exists(pk)');
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

  /** The delivery that is a key's current content. */
  async current(bucket: string, key: string): Promise<{ delivery: string; order: string } | undefined> {
    return this.#get(`object#${bucket}/${key}`);
  }

  async setCurrent(bucket: string, key: string, pointer: { delivery: string; order: string }): Promise<void> {
    await this.#put(`object#${bucket}/${key}`, pointer);
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
      for (const { pk: _pk, sk: _sk, ...entry } of page.Items ?? []) yield entry as unknown as Delivery;
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

/** Items of one DynamoDB table, by partition key. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  BatchGetCommand,
  BatchWriteCommand,
  type BatchWriteCommandInput,
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  ScanCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { done, type Item, keyOf } from './ledger-items.ts';

/** DynamoDB leaves out of a batch what it has no capacity for; what is asked again waits, twice as long each time. */
const FIRST_WAIT_MS = 50;

/** What DynamoDB gives in one request. */
const AT_ONCE = 100;

export class Items {
  readonly #client: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(client: DynamoDBDocumentClient, table: string) {
    this.#client = client;
    this.#table = table;
  }

  async get(pk: string): Promise<Item | undefined> {
    const { Item } = await this.#client.send(
      new GetCommand({ TableName: this.#table, Key: keyOf(pk), ConsistentRead: true }),
    );
    return Item;
  }

  /** Several items, by their keys; what is not there is left out. */
  async getAll(pks: readonly string[]): Promise<Map<string, Item>> {
    const found = new Map<string, Item>();
    const keys: Record<string, unknown>[] = [...new Set(pks)].map(keyOf);
    while (keys.length > 0) await this.#getInto(found, keys.splice(0, AT_ONCE));
    return found;
  }

  async #getInto(found: Map<string, Item>, keys: Record<string, unknown>[]): Promise<void> {
    let open = keys;
    for (let wait = FIRST_WAIT_MS; open.length > 0; wait *= 2) {
      const { Responses, UnprocessedKeys } = await this.#client.send(
        new BatchGetCommand({ RequestItems: { [this.#table]: { Keys: open, ConsistentRead: true } } }),
      );
      for (const item of Responses?.[this.#table] ?? []) found.set(String(item.pk), item);
      open = UnprocessedKeys?.[this.#table]?.Keys ?? [];
      if (open.length > 0) await sleep(wait);
    }
  }

  /** Puts an item where none is, or where one has a field with one of the values given. @returns whether it was put */
  add(pk: string, item: object, or: Readonly<Record<string, readonly string[]>> = {}): Promise<boolean> {
    const allowed = Object.entries(or);
    const conditions = allowed.map(
      ([, values], i) => `#f${i} IN (${values.map((_, j) => `:v${i}_${j}`).join(', ')})`,
    );
    return done(
      this.#client.send(
        new PutCommand({
          TableName: this.#table,
          Item: { ...keyOf(pk), ...item },
          ConditionExpression: ['attribute_not_exists(pk)', ...conditions].join(' OR '),
          ...(allowed.length > 0 && {
            ExpressionAttributeNames: Object.fromEntries(allowed.map(([name], i) => [`#f${i}`, name])),
            ExpressionAttributeValues: Object.fromEntries(
              allowed.flatMap(([, values], i) => values.map((value, j) => [`:v${i}_${j}`, value])),
            ),
          }),
        }),
      ),
    );
  }

  /** Puts an item, whatever stood there. */
  async put(pk: string, item: object): Promise<void> {
    await this.#client.send(new PutCommand({ TableName: this.#table, Item: { ...keyOf(pk), ...item } }));
  }

  /** Puts up to 25 items, whatever stood there. */
  async putAll(items: ReadonlyMap<string, object>): Promise<void> {
    const puts = [...items].map(([pk, item]) => ({ PutRequest: { Item: { ...keyOf(pk), ...item } } }));
    let open: BatchWriteCommandInput['RequestItems'] = { [this.#table]: puts };
    for (let wait = FIRST_WAIT_MS; Object.keys(open ?? {}).length > 0; wait *= 2) {
      ({ UnprocessedItems: open } = await this.#client.send(new BatchWriteCommand({ RequestItems: open })));
      if (Object.keys(open ?? {}).length > 0) await sleep(wait);
    }
  }

  /**
   * Sets fields, those that are not undefined, and takes others away, while `state` is one of `from`.
   * @returns whether it was
   */
  update(
    pk: string,
    fields: object,
    from: readonly string[],
    without: readonly string[] = [],
  ): Promise<boolean> {
    const changed = Object.entries(fields).filter(([, value]) => value !== undefined);
    const set = `SET ${changed.map((_, i) => `#f${i} = :f${i}`).join(', ')}`;
    const remove = without.length > 0 ? ` REMOVE ${without.map((_, i) => `#w${i}`).join(', ')}` : '';
    return done(
      this.#client.send(
        new UpdateCommand({
          TableName: this.#table,
          Key: keyOf(pk),
          UpdateExpression: set + remove,
          ConditionExpression: `#state IN (${from.map((_, i) => `:s${i}`).join(', ')})`,
          ExpressionAttributeNames: {
            '#state': 'state',
            ...Object.fromEntries(changed.map(([name], i) => [`#f${i}`, name])),
            ...Object.fromEntries(without.map((name, i) => [`#w${i}`, name])),
          },
          ExpressionAttributeValues: {
            ...Object.fromEntries(changed.map(([, value], i) => [`:f${i}`, value])),
            ...Object.fromEntries(from.map((state, i) => [`:s${i}`, state])),
          },
        }),
      ),
    );
  }

  /**
   * Gives fields of an item one value, all or none: while none of them is there or, of one alone, while it has one of the
   * values `over`. At most 100: an expression has 4 KB and 300 operators.
   * @returns whether it did
   */
  claimFields(
    pk: string,
    fields: readonly string[],
    { value, over = [], expires }: { value: string; over?: readonly string[]; expires: number },
  ): Promise<boolean> {
    const names = Object.fromEntries(fields.map((field, i) => [`#f${i}`, field]));
    const values = Object.fromEntries(over.map((earlier, i) => [`:o${i}`, earlier]));
    const absent = Object.keys(names).map((name) => `attribute_not_exists(${name})`);
    const condition = [absent.join(' AND '), ...Object.keys(values).map((earlier) => `#f0 = ${earlier}`)];
    return done(
      this.#client.send(
        new UpdateCommand({
          TableName: this.#table,
          Key: keyOf(pk),
          UpdateExpression: [
            'SET expires = :expires',
            ...Object.keys(names).map((name) => `${name} = :value`),
          ].join(', '),
          ConditionExpression: condition.join(' OR '),
          ExpressionAttributeNames: names,
          ExpressionAttributeValues: { ':value': value, ':expires': expires, ...values },
        }),
      ),
    );
  }

  /** Deletes an item that says it is of this delivery. @returns whether it did, or there was none */
  deleteOf(pk: string, delivery: string): Promise<boolean> {
    return done(
      this.#client.send(
        new DeleteCommand({
          TableName: this.#table,
          Key: keyOf(pk),
          ConditionExpression: 'attribute_not_exists(pk) OR delivery = :delivery',
          ExpressionAttributeValues: { ':delivery': delivery },
        }),
      ),
    );
  }

  /** Puts a text into a set of an item that is there. */
  async addTo(pk: string, name: string, text: string): Promise<void> {
    await this.#client.send(
      new UpdateCommand({
        TableName: this.#table,
        Key: keyOf(pk),
        UpdateExpression: 'ADD #set :text',
        ConditionExpression: 'attribute_exists(pk)',
        ExpressionAttributeNames: { '#set': name },
        ExpressionAttributeValues: { ':text': new Set([text]) },
      }),
    );
  }

  /** Deletes an item as it was read, told by one of its fields. @returns whether it still was like that */
  deleteIf({ pk, sk, ...item }: Item, field: string): Promise<boolean> {
    return done(
      this.#client.send(
        new DeleteCommand({
          TableName: this.#table,
          Key: { pk, sk },
          ConditionExpression: '#field = :value',
          ExpressionAttributeNames: { '#field': field },
          ExpressionAttributeValues: { ':value': item[field] },
        }),
      ),
    );
  }

  /** All items whose keys begin in one of some ways, with a few of their fields. Reads the whole table. */
  async *scan(beginnings: readonly string[], fields: readonly string[]): AsyncIterable<Item> {
    let ExclusiveStartKey: Record<string, unknown> | undefined;
    do {
      const page = await this.#client.send(
        new ScanCommand({
          TableName: this.#table,
          FilterExpression: beginnings.map((_, i) => `begins_with(pk, :b${i})`).join(' OR '),
          ProjectionExpression: ['pk', 'sk', ...fields.map((_, i) => `#f${i}`)].join(', '),
          ExpressionAttributeNames: Object.fromEntries(fields.map((name, i) => [`#f${i}`, name])),
          ExpressionAttributeValues: Object.fromEntries(beginnings.map((text, i) => [`:b${i}`, text])),
          ExclusiveStartKey,
        }),
      );
      yield* page.Items ?? [];
      ExclusiveStartKey = page.LastEvaluatedKey;
    } while (ExclusiveStartKey);
  }

  /** Items of an index under one key of it, the last of its order first. */
  async *query(index: string, name: string, value: string): AsyncIterable<Item> {
    let ExclusiveStartKey: Record<string, unknown> | undefined;
    do {
      const page = await this.#client.send(
        new QueryCommand({
          TableName: this.#table,
          IndexName: index,
          KeyConditionExpression: '#name = :value',
          ExpressionAttributeNames: { '#name': name },
          ExpressionAttributeValues: { ':value': value },
          ScanIndexForward: false,
          ExclusiveStartKey,
        }),
      );
      yield* page.Items ?? [];
      ExclusiveStartKey = page.LastEvaluatedKey;
    } while (ExclusiveStartKey);
  }
}

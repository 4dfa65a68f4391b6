/** The API's part of the ledger, over the lean client: idempotent answers, leases of tokens, keys, receipts, deliveries. */
import type { AwsCall } from '../aws-json.ts';
import { done, givenUp, type Item, itemKey, keyOf } from '../ledger-items.ts';
import { type Attributes, fromAttributes, toAttributes } from './attributes.ts';

type Flat = Readonly<Record<string, string | number | readonly string[] | undefined>>;

export class Desk {
  readonly #call: AwsCall;
  readonly #table: string;

  constructor(call: AwsCall, table: string) {
    this.#call = call;
    this.#table = table;
  }

  async get(pk: string): Promise<Item | undefined> {
    const { Item } = await this.#call('GetItem', {
      TableName: this.#table,
      Key: toAttributes(keyOf(pk)),
      ConsistentRead: true,
    });
    return Item ? fromAttributes(Item as Attributes) : undefined;
  }

  /** Puts an item that is forgotten at `expires` (seconds) where none is that still counts. @returns whether it was put */
  remember(pk: string, item: Flat & { readonly expires: number }, now: number): Promise<boolean> {
    return done(
      this.#call('PutItem', {
        TableName: this.#table,
        Item: toAttributes({ ...keyOf(pk), ...item }),
        // DynamoDB deletes what has expired when it finds the time: until then it counts as gone.
        ConditionExpression: 'attribute_not_exists(pk) OR expires <= :now',
        ExpressionAttributeValues: toAttributes({ ':now': now }),
      }),
    );
  }

  /** Adds to a counter that must not pass `most`. @returns whether there was room */
  lease(pk: string, amount: number, most: number, expires: number): Promise<boolean> {
    return done(
      this.#call('UpdateItem', {
        TableName: this.#table,
        Key: toAttributes(keyOf(pk)),
        UpdateExpression: 'SET expires = :expires ADD used :amount',
        ConditionExpression: 'attribute_not_exists(used) OR used <= :room',
        ExpressionAttributeValues: toAttributes({
          ':amount': amount,
          ':room': most - amount,
          ':expires': expires,
        }),
      }),
    );
  }

  /** As the ledger's own: keeps why a message is given up. */
  giveUp(message: string, thrown: unknown, now: Date): Promise<void> {
    return this.put(itemKey.dead(message), { ...givenUp(thrown, now) });
  }

  /** Puts an item, whatever stood there. */
  async put(pk: string, item: Flat): Promise<void> {
    await this.#call('PutItem', { TableName: this.#table, Item: toAttributes({ ...keyOf(pk), ...item }) });
  }

  /** The newest entries of a dataset. */
  async newest(dataset: string, limit: number): Promise<Item[]> {
    const { Items = [] } = await this.#call('Query', {
      TableName: this.#table,
      IndexName: 'by_dataset',
      KeyConditionExpression: 'dataset = :dataset',
      ExpressionAttributeValues: toAttributes({ ':dataset': dataset }),
      ScanIndexForward: false,
      Limit: limit,
    });
    return (Items as Attributes[]).map(fromAttributes);
  }
}

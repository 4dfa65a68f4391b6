/**
 * The ledger: one DynamoDB table, three kinds of item.
 * - `delivery#<id>`: a delivery and its books
 * - `content#<dataset>#<sha256>`: the delivery whose rows with this content are in the table
 * - `object#<bucket>/<key>`: the delivery that is the key's current content in the table
 */
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Delivery } from '../core/delivery/model.ts';
import { type Item, Items } from './items.ts';

/** The delivery that is a key's current content. */
export interface Pointer {
  readonly delivery: string;
  readonly order: string;
}

const entryKey = (delivery: string): string => `delivery#${delivery}`;
const contentKey = (dataset: string, sha256: string): string => `content#${dataset}#${sha256}`;
const objectKey = ({ bucket, key }: Pick<Delivery, 'bucket' | 'key'>): string => `object#${bucket}/${key}`;

function entryOf({ pk: _pk, sk: _sk, ...entry }: Item): Delivery {
  return entry as unknown as Delivery;
}

export class Ledger {
  readonly #items: Items;

  constructor(client: DynamoDBDocumentClient, table: string) {
    this.#items = new Items(client, table);
  }

  /** Opens an entry. @returns whether it was new; one that is there already is left alone */
  open(entry: Delivery): Promise<boolean> {
    return this.#items.add(entryKey(entry.delivery), entry);
  }

  async get(delivery: string): Promise<Delivery | undefined> {
    const item = await this.#items.get(entryKey(delivery));
    return item && entryOf(item);
  }

  /** Entries of up to a hundred deliveries, in their order, without those that are not there. */
  async getAll(deliveries: readonly string[]): Promise<Delivery[]> {
    const found = await this.#items.getAll(deliveries.map(entryKey));
    return deliveries.flatMap((id) => {
      const item = found.get(entryKey(id));
      return item ? [entryOf(item)] : [];
    });
  }

  /** Entries of a dataset, the newest first. */
  async *list(dataset: string): AsyncIterable<Delivery> {
    for await (const item of this.#items.query('by_dataset', 'dataset', dataset)) yield entryOf(item);
  }

  /** Writes fields of an entry; only while it is in one of the states `from`. @returns whether it was */
  update(delivery: string, fields: Partial<Delivery>, from: readonly Delivery['state'][]): Promise<boolean> {
    return this.#items.update(entryKey(delivery), fields, from);
  }

  /** The delivery that holds this content; undefined where none does. */
  async holder(dataset: string, sha256: string): Promise<string | undefined> {
    const item = await this.#items.get(contentKey(dataset, sha256));
    return item?.delivery as string | undefined;
  }

  /** Claims a content for a delivery. @returns the delivery that holds it now: this one, or an earlier one */
  async claim(dataset: string, sha256: string, delivery: string): Promise<string> {
    const won = await this.#items.add(contentKey(dataset, sha256), { delivery }, 'delivery');
    return won ? delivery : ((await this.holder(dataset, sha256)) ?? this.claim(dataset, sha256, delivery));
  }

  /** Gives a content free that a delivery held, so that it may come again. */
  release(dataset: string, sha256: string): Promise<void> {
    return this.#items.delete(contentKey(dataset, sha256));
  }

  /** What stands under the keys of up to a hundred entries. @returns a function from entry to pointer */
  async currents(
    entries: readonly Delivery[],
  ): Promise<(entry: Pick<Delivery, 'bucket' | 'key'>) => Pointer | undefined> {
    const found = await this.#items.getAll(entries.map(objectKey));
    return (entry) => found.get(objectKey(entry)) as Pointer | undefined;
  }

  /** Makes entries the current content of their keys, no two of one key. At most 25. */
  setCurrents(entries: readonly Delivery[]): Promise<void> {
    return this.#items.putAll(
      new Map(entries.map((entry) => [objectKey(entry), { delivery: entry.delivery, order: entry.order }])),
    );
  }
}

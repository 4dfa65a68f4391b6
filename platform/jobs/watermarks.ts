/** Until when sweeps have looked at a prefix. */
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { Items } from '../items.ts';
import { itemKey } from '../ledger-items.ts';

export class Watermarks {
  readonly #items: Items;

  constructor(client: DynamoDBDocumentClient, table: string) {
    this.#items = new Items(client, table);
  }

  async get(prefix: string): Promise<Date | undefined> {
    const item = await this.#items.get(itemKey.sweep(prefix));
    return item && new Date(String(item.until));
  }

  put(prefix: string, until: Date): Promise<void> {
    return this.#items.put(itemKey.sweep(prefix), { until: until.toISOString() });
  }
}

/** The revisions that a ledger keeps: asked for, then done or refused, and never forgotten. */
import { randomBytes } from 'node:crypto';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { revisionItem, revisionOf, revisionsOf } from '../../core/revision/item.ts';
import type { Revision } from '../../core/revision/model.ts';
import { Items } from '../items.ts';
import { itemKey } from '../ledger-items.ts';

export class Revisions {
  readonly #items: Items;

  constructor(client: DynamoDBDocumentClient, table: string) {
    this.#items = new Items(client, table);
  }

  /** Writes down what is asked for, before anybody is told to do it. */
  async open(asked: Pick<Revision, 'dataset' | 'asked' | 'by' | 'reason'>, now: Date): Promise<Revision> {
    const revision = { ...asked, id: randomBytes(12).toString('hex'), at: now.toISOString() };
    await this.#items.add(itemKey.revision(revision.id), revisionItem(revision));
    return { ...revision, state: 'asked' };
  }

  async get(id: string): Promise<Revision | undefined> {
    const item = await this.#items.get(itemKey.revision(id));
    return item && revisionOf(item);
  }

  /** Says how it ended. @returns whether it had not ended before */
  close(id: string, fields: Pick<Revision, 'state' | 'ended_at' | 'outcome' | 'why'>): Promise<boolean> {
    return this.#items.update(itemKey.revision(id), fields, ['asked']);
  }

  /** Those of a dataset, the newest first. */
  async *list(dataset: string): AsyncIterable<Revision> {
    for await (const item of this.#items.query('by_dataset', 'dataset', revisionsOf(dataset)))
      yield revisionOf(item);
  }
}

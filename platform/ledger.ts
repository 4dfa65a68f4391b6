/** The ledger: one DynamoDB table. What kinds of item stand in it, `ledger-items.ts` says. */
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Delivery } from '../core/delivery/model.ts';
import { Items } from './items.ts';
import {
  type Claim,
  claimIn,
  claimText,
  expiry,
  type GivenUp,
  givenUp,
  type Item,
  itemKey,
} from './ledger-items.ts';

/** The delivery that is a key's current content. */
export interface Pointer {
  readonly delivery: string;
  readonly order: string;
}

/** A dead letter that somebody deleted. */
export interface Discarded {
  readonly message: string;
  readonly queue: string;
  /** In the words of who did it. */
  readonly reason: string;
  readonly sent_at: string;
  readonly discarded_at: string;
  /** Of what it said. */
  readonly sha256: string;
  readonly why?: GivenUp;
}

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
    return this.#items.add(itemKey.delivery(entry.delivery), entry);
  }

  async get(delivery: string): Promise<Delivery | undefined> {
    const item = await this.#items.get(itemKey.delivery(delivery));
    return item && entryOf(item);
  }

  /** Entries of deliveries, in their order, without those that are not there. */
  async getAll(deliveries: readonly string[]): Promise<Delivery[]> {
    const found = await this.#items.getAll(deliveries.map(itemKey.delivery));
    return deliveries.flatMap((id) => {
      const item = found.get(itemKey.delivery(id));
      return item ? [entryOf(item)] : [];
    });
  }

  /** Entries of a dataset, the newest first. */
  async *list(dataset: string): AsyncIterable<Delivery> {
    for await (const item of this.#items.query('by_dataset', 'dataset', dataset)) yield entryOf(item);
  }

  /** Writes fields of an entry and takes others away; only while it is in one of the states `from`. @returns whether it was */
  update(
    delivery: string,
    fields: Partial<Delivery>,
    from: readonly Delivery['state'][],
    without: readonly (keyof Delivery)[] = [],
  ): Promise<boolean> {
    return this.#items.update(itemKey.delivery(delivery), fields, from, without);
  }

  /** The delivery that holds this content; undefined where none does. */
  async holder(dataset: string, sha256: string): Promise<string | undefined> {
    const item = await this.#items.get(itemKey.content(dataset, sha256));
    return item?.delivery as string | undefined;
  }

  /** Claims a content for a delivery. @returns the delivery that holds it now: this one, or an earlier one */
  async claim(dataset: string, sha256: string, delivery: string): Promise<string> {
    const won = await this.#items.add(
      itemKey.content(dataset, sha256),
      { delivery },
      { delivery: [delivery] },
    );
    return won ? delivery : ((await this.holder(dataset, sha256)) ?? this.claim(dataset, sha256, delivery));
  }

  /** Gives a content free where this delivery held it, so that it may come again. */
  async release({ dataset, sha256, delivery }: Delivery): Promise<void> {
    if (sha256) await this.#items.deleteOf(itemKey.content(dataset, sha256), delivery);
  }

  /** Parts of posts → who has claimed each; parts nobody has are left out. */
  async claims(parts: readonly string[]): Promise<Map<string, Claim>> {
    const found = await this.#items.getAll(parts.map(itemKey.claims));
    const claims = parts.map((part) => [part, claimIn(found.get(itemKey.claims(part)), part)] as const);
    return new Map(claims.filter((one): one is [string, Claim] => one[1] !== undefined));
  }

  /**
   * Makes a claim on parts of posts whose names begin alike, while nobody has any of them. At most 100.
   * @returns whether they are the delivery's now: all or none
   */
  claimParts(parts: readonly string[], claim: Claim, now: Date): Promise<boolean> {
    const claimed = { value: claimText(claim), expires: expiry(now) };
    return this.#items.claimFields(itemKey.claims(parts[0]!), parts, claimed);
  }

  /**
   * Makes a claim on a part of a post, where nobody has one, or where `after` stands still.
   * @returns whether the part is the delivery's now
   */
  claimPart(part: string, claim: Claim, after: Claim | undefined, now: Date): Promise<boolean> {
    const over = [claim, ...(after ? [after] : [])].map(claimText);
    const claimed = { value: claimText(claim), over, expires: expiry(now) };
    return this.#items.claimFields(itemKey.claims(part), [part], claimed);
  }

  /** Keeps why a message is given up; its queue puts it among the dead letters. */
  giveUp(message: string, thrown: unknown, now: Date): Promise<void> {
    return this.#items.put(itemKey.dead(message), givenUp(thrown, now));
  }

  /** Keeps that a dead letter was deleted, and why. */
  discarded(letter: Discarded): Promise<void> {
    return this.#items.put(itemKey.discarded(letter.message), letter);
  }

  /** What is kept of a dead letter that was deleted. */
  async discardedLetter(message: string): Promise<Discarded | undefined> {
    return (await this.#items.get(itemKey.discarded(message))) as Discarded | undefined;
  }

  /** Why messages were given up; those nothing is known of are left out. */
  async givenUp(messages: readonly string[]): Promise<Map<string, GivenUp>> {
    return this.#known(messages, itemKey.dead);
  }

  /** What stands under the keys of entries. @returns a function from entry to pointer */
  async currents(
    entries: readonly Delivery[],
  ): Promise<(entry: Pick<Delivery, 'bucket' | 'key'>) => Pointer | undefined> {
    const found = await this.#items.getAll(entries.map(itemKey.object));
    return (entry) => found.get(itemKey.object(entry)) as Pointer | undefined;
  }

  /** Makes entries the current content of their keys, no two of one key. At most 25. */
  setCurrents(entries: readonly Delivery[]): Promise<void> {
    return this.#items.putAll(
      new Map(
        entries.map((entry) => [itemKey.object(entry), { delivery: entry.delivery, order: entry.order }]),
      ),
    );
  }

  /** Leaves nothing under the key of an entry, where it is the current content. */
  async leaveKey(entry: Delivery): Promise<void> {
    await this.#items.deleteOf(itemKey.object(entry), entry.delivery);
  }

  /** Items by what they are about; what is not there is left out. */
  async #known<T>(names: readonly string[], keyOf: (name: string) => string): Promise<Map<string, T>> {
    const found = await this.#items.getAll(names.map(keyOf));
    return new Map(
      names.flatMap((name) => {
        const item = found.get(keyOf(name));
        return item ? [[name, item as T] as const] : [];
      }),
    );
  }
}

/** The keys of a ledger, for whoever makes and revokes them. */
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { isScope } from '../../core/api/scopes.ts';
import { WharfError } from '../../core/errors.ts';
import { Items } from '../items.ts';
import { itemKey } from '../ledger-items.ts';
import { type KeyEntry, mintKey } from './key.ts';

/** Where keys stand in the index of datasets: no dataset is called so, for each has a domain. */
const INDEXED_AS = 'apikeys';

export interface NewKey extends Pick<KeyEntry, 'name' | 'scopes' | 'rate'> {
  /** Takes the place of the key that has it. @default a new one */
  readonly id?: string;
}

const entryOf = (item: Readonly<Record<string, unknown>>): Omit<KeyEntry, 'hash'> => {
  const { id, name, scopes, rate, state, created_at, revoked_at } = item as unknown as KeyEntry;
  return { id, name, scopes, rate, state, created_at, revoked_at };
};

export class Keys {
  readonly #items: Items;

  constructor(client: DynamoDBDocumentClient, table: string) {
    this.#items = new Items(client, table);
  }

  /**
   * Makes a key. @returns its text, which nobody can ask for again
   * @throws WharfError `key.invalid_scope`
   */
  async make(
    { name, scopes, rate, id: given }: NewKey,
    now = new Date(),
  ): Promise<{ id: string; text: string }> {
    const wrong = scopes.find((scope) => !isScope(scope));
    if (wrong !== undefined || scopes.length === 0)
      throw new WharfError(wrong === undefined ? 'The key has no scope' : `"${wrong}" is no scope`, {
        code: 'key.invalid_scope',
        route: 'usage',
        fix: 'Use <domain>.<dataset>:read, :write or :undo, with * for any dataset or for both, or admin',
      });
    const { id, text, hash } = mintKey(given);
    const at = now.toISOString();
    const entry = { id, name, scopes, ...(rate && { rate }), hash, state: 'active', created_at: at };
    await this.#items.putAll(
      new Map([[itemKey.apikey(id), { ...entry, dataset: INDEXED_AS, landed_at: at }]]),
    );
    return { id, text };
  }

  /** All keys, the newest first, without their hashes. */
  async list(): Promise<Omit<KeyEntry, 'hash'>[]> {
    const items = await Array.fromAsync(this.#items.query('by_dataset', 'dataset', INDEXED_AS));
    return items.map(entryOf);
  }

  /**
   * Ends a key for good.
   * @throws WharfError `key.unknown`
   */
  async revoke(id: string, now = new Date()): Promise<void> {
    const fields = { state: 'revoked', revoked_at: now.toISOString() };
    if (await this.#items.update(itemKey.apikey(id), fields, ['active', 'revoked'])) return;
    throw new WharfError(`There is no key "${id}"`, {
      code: 'key.unknown',
      route: 'usage',
      fix: '`wharf keys list` shows them',
    });
  }
}

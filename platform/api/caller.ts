/** Who holds a key or a token. */
import { itemKey } from '../ledger-items.ts';
import type { Desk } from './desk.ts';
import { isGenuine, type KeyEntry, readKey } from './key.ts';
import { type Issuer, tokenVerifier } from './token.ts';

export interface Caller {
  readonly name: string;
  readonly scopes: readonly string[];
  /** Events a second, where the key says so. */
  readonly rate?: number;
}

/** The caller of a key's or a token's text; undefined where it is neither, or counts no more. */
export type FindCaller = (text: string) => Promise<Caller | undefined>;

/** @param trusted whose tokens are taken; without it keys only */
export function callerFinder(desk: Pick<Desk, 'get'>, trusted: Issuer | undefined): FindCaller {
  const verify = trusted && tokenVerifier(trusted);
  return async (text) => {
    const given = readKey(text);
    if (!given) {
      const token = await verify?.(text);
      return token && { name: `jwt:${token.subject}`, scopes: token.scopes };
    }
    const entry = (await desk.get(itemKey.apikey(given.id))) as KeyEntry | undefined;
    if (!isGenuine(given.secret, entry) || !entry) return undefined;
    return { name: `key:${entry.id}`, scopes: entry.scopes, rate: entry.rate };
  };
}

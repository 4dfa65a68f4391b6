/** Whether those who connected may still listen: a connection outlives the answer that let it in. */
import type { Desk } from '../api/desk.ts';
import type { KeyEntry } from '../api/key.ts';
import { itemKey } from '../ledger-items.ts';

/** As long as the authorizer's word counts over HTTP. */
const BELIEVED_MS = 60_000;

/** Asks the ledger about a caller's key, at most once a minute. A token is not asked about: it ends by itself. */
export function callersStill(desk: Pick<Desk, 'get'>, now: () => Date): (caller: string) => Promise<boolean> {
  const known = new Map<string, { readonly active: boolean; readonly until: number }>();
  return async (caller) => {
    const [, id] = /^key:(.+)$/.exec(caller) ?? [];
    if (id === undefined) return true;
    const at = now().getTime();
    const remembered = known.get(id);
    if (remembered && remembered.until > at) return remembered.active;
    const active = ((await desk.get(itemKey.apikey(id))) as KeyEntry | undefined)?.state === 'active';
    known.set(id, { active, until: at + BELIEVED_MS });
    return active;
  };
}

/**
 * API keys: `wharf_<id>_<secret>`. The ledger has the SHA-256 of the secret and never the secret. A slow hash, as
 * passwords need, would buy nothing: the secret is 256 random bits, which nobody guesses however fast they hash, and
 * every request would pay for it.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** What the ledger keeps of a key. */
export interface KeyEntry {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly string[];
  /** Events a second. @default the deployment's */
  readonly rate?: number;
  readonly hash: string;
  readonly state: 'active' | 'revoked';
  readonly created_at: string;
  readonly revoked_at?: string;
}

const hashed = (secret: string): string => createHash('sha256').update(secret).digest('hex');

/** Makes a key: its text, which is shown once, and what is kept. */
export function mintKey(id = randomBytes(6).toString('hex')): {
  readonly id: string;
  readonly text: string;
  readonly hash: string;
} {
  const secret = randomBytes(32).toString('base64url');
  return { id, text: `wharf_${id}_${secret}`, hash: hashed(secret) };
}

/** The id and the secret of a key's text; undefined where it is none. */
export function readKey(text: string): { readonly id: string; readonly secret: string } | undefined {
  const [, id, secret] = /^wharf_([a-z0-9]{12})_([\w-]{43})$/.exec(text) ?? [];
  return id && secret ? { id, secret } : undefined;
}

/** Whether a secret is the one of an active key. Takes the same time for a wrong secret as for no such key. */
export function isGenuine(secret: string, entry: Pick<KeyEntry, 'hash' | 'state'> | undefined): boolean {
  const same = timingSafeEqual(Buffer.from(hashed(secret)), Buffer.from(entry?.hash ?? hashed('')));
  return same && entry?.state === 'active';
}

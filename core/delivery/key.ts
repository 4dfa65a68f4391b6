/** Keys of the landing zone: `landing/<domain>/<dataset>/<anything>`; and of replays, which only Wharf writes. */
import { type FileReason, reason } from '../contract/reasons.ts';

export type KeyVerdict =
  | { readonly ok: true; readonly dataset: string; readonly name: string }
  | { readonly ok: false; readonly reason: string };

const refuse = (code: FileReason): KeyVerdict => ({ ok: false, reason: reason(code) });

/** Where a file of a dataset lands. */
export const landingKey = (dataset: string, file: string): string =>
  ['landing', ...dataset.split('.'), file].join('/');

/** Segments that could name another place once somebody decodes or resolves them. */
const unsafe = /^\.{1,2}$|%2f|%5c|%2e|\\/i;

/** What a key of a replay starts with, in the lake bucket. */
export const REPLAYS = 'replays';

/** Whether an object brings refused rows again. */
export const isReplay = (key: string): boolean => key.startsWith(`${REPLAYS}/`);

/**
 * The dataset a key belongs to. Spaces, `+`, accents and any depth of folders are fine.
 * @example parseKey('landing/retailos/stores/2024/a b.csv') // { ok: true, dataset: 'retailos.stores', name: 'a b.csv' }
 */
export function parseKey(key: string): KeyVerdict {
  const segments = key.split('/');
  if (segments.some((segment) => segment === '' || unsafe.test(segment))) return refuse('invalid_key');
  const [zone, domain, dataset, ...path] = segments;
  if ((zone !== 'landing' && zone !== REPLAYS) || !domain || !dataset || path.length === 0)
    return refuse('unknown_dataset');
  return { ok: true, dataset: `${domain}.${dataset}`, name: path.at(-1)! };
}

/** What the ledger forgets. A table of what goes, so that what nobody thought of stays: deliveries, contents, keys. */

/** Kind of item, as its key begins → the field that says how old it is. */
export const forgotten = {
  runs: 'ended_at',
  discarded: 'discarded_at',
  // DynamoDB deletes these by itself, in its own time; on one machine nobody else does.
  dead: 'expires',
  claim: 'expires',
  idempotency: 'expires',
  rate: 'expires',
} as const;

export type ForgottenKind = keyof typeof forgotten;

type Item = Readonly<Record<string, unknown>>;

/**
 * The kind of an item that is to go; undefined: it stays.
 * @param before times of what is kept for a while only; `expires`, in seconds since 1970, is the item's own time
 */
export function isForgotten(
  item: Item,
  { before, now }: { readonly before: Date; readonly now: Date },
): ForgottenKind | undefined {
  const kind = String(item.pk).split('#', 1)[0]! as ForgottenKind;
  if (!Object.hasOwn(forgotten, kind)) return undefined;
  const at = item[forgotten[kind]];
  const isDue =
    typeof at === 'number' ? at * 1000 < now.getTime() : typeof at === 'string' && at < before.toISOString();
  return isDue ? kind : undefined;
}

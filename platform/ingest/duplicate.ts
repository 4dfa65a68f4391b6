/** A delivery whose content is in the table already. */
import { type Delivery, emptyBooks } from '../../core/delivery/model.ts';
import type { Ledger } from '../ledger.ts';

/** Closes a delivery whose content another one already brought: all its rows are duplicates. */
export async function skipDuplicate(
  entry: Pick<Delivery, 'delivery' | 'started_at'>,
  twin: Delivery,
  sha256: string,
  { ledger, now }: { readonly ledger: Ledger; readonly now: () => Date },
): Promise<void> {
  const ended = now();
  await ledger.update(
    entry.delivery,
    {
      ...emptyBooks,
      state: 'duplicate',
      duplicate_of: twin.delivery,
      sha256,
      read: twin.read,
      duplicate: twin.read,
      ended_at: ended.toISOString(),
      ms: ended.getTime() - Date.parse(entry.started_at),
    },
    ['ingesting', 'written'],
  );
}

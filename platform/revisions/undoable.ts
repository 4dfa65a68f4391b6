/** Whether a delivery can be undone, and what would go with it; asked of the ledger, whoever reads it. */
import { type Delivery, isShown } from '../../core/delivery/model.ts';
import { WharfError } from '../../core/errors.ts';

type Find = (delivery: string) => Promise<Delivery | undefined>;

/**
 * The entry of a delivery that can be undone.
 * @throws WharfError `delivery.unknown`, `undo.under_way`, `undo.superseded`, `undo.nothing`
 */
export async function undoable(delivery: string, find: Find): Promise<Delivery> {
  const entry = await find(delivery);
  const refuse = (code: string, what: string, fix: string) =>
    new WharfError(what, { code, route: 'usage', fix });
  if (!entry) throw refuse('delivery.unknown', `No delivery "${delivery}"`, '`wharf deliveries` lists them');
  if (isShown(entry)) return entry;
  if (entry.state === 'ingesting' || entry.state === 'written')
    throw refuse('undo.under_way', `${delivery} is still on its way`, 'Wait until it is closed');
  if (entry.superseded_by !== undefined && !entry.taken)
    throw refuse(
      'undo.superseded',
      `${entry.superseded_by} has taken the place of ${delivery}: none of its rows is in the tables`,
      `\`wharf undo ${entry.superseded_by}\` brings them back`,
    );
  throw refuse(
    'undo.nothing',
    `${delivery} is ${entry.state.replace('_', ' ')}: none of its rows is in the tables`,
    'There is nothing to undo',
  );
}

/** A delivery and those that came of its refused rows, and of theirs, as far as they can be undone. */
export async function withReplays(entry: Delivery, find: Find): Promise<string[]> {
  const found = new Set([entry.delivery]);
  const follow = async (replays: readonly string[] = []): Promise<void> => {
    for (const id of replays) {
      const replay = await find(id);
      if (!replay || found.has(id)) continue;
      if (isShown(replay)) found.add(id);
      await follow(replay.replays);
    }
  };
  await follow(entry.replays);
  return [...found];
}

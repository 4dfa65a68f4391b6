/** How long refused rows have waited for somebody to decide about them, told by the ledger alone. */
import type { Contract } from '../../core/contract/model.ts';
import { parseManifest } from '../../core/delivery/manifest.ts';
import type { Delivery } from '../../core/delivery/model.ts';
import { countOf } from '../../core/replay/ranges.ts';
import { isLive } from '../commit/replays.ts';
import type { Ledger } from '../ledger.ts';
import type { ObjectStore } from '../objects.ts';

interface Deps {
  readonly ledger: Pick<Ledger, 'list' | 'getAll'>;
  readonly objects: Pick<ObjectStore, 'read'>;
}

/** When the oldest refused row of a dataset arrived that is still open; undefined where none is. ISO text. */
export async function oldestOpen({ name }: Pick<Contract, 'name'>, deps: Deps): Promise<string | undefined> {
  let oldest: string | undefined;
  // The newest come first: what is found last is the oldest.
  for await (const entry of deps.ledger.list(name))
    if (entry.quarantined > 0 && isLive(entry) && (await releasedOf(entry, deps)) < entry.quarantined)
      oldest = entry.landed_at;
  return oldest;
}

/** How many refused rows of a delivery are no longer open. */
async function releasedOf({ delivery, replays = [] }: Delivery, { ledger, objects }: Deps): Promise<number> {
  let released = 0;
  for (const replay of (await ledger.getAll(replays)).filter(isLive)) {
    const { releases = {} } = parseManifest(await objects.read(replay.manifest!));
    released += countOf(releases[delivery] ?? []);
  }
  return released;
}

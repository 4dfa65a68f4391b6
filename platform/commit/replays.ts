/** Whether a replay may release the rows it says it does. The committer of a dataset is alone at it, so it decides. */
import { parseManifest } from '../../core/delivery/manifest.ts';
import { type Delivery, isClosed } from '../../core/delivery/model.ts';
import { WharfError } from '../../core/errors.ts';
import { type Places, share } from '../../core/replay/ranges.ts';
import type { Ledger } from '../ledger.ts';
import type { ObjectStore } from '../objects.ts';

interface Deps {
  readonly ledger: Ledger;
  readonly objects: ObjectStore;
}

/** Whether a delivery's rows are in the tables, or will be. */
export const isLive = ({ state, manifest, superseded_by }: Delivery): boolean =>
  manifest !== undefined &&
  superseded_by === undefined &&
  (!isClosed(state) || state === 'committed' || state === 'refused');

/** Replays of a delivery's refused rows that are in the tables, and the replays of theirs: they go where it goes. */
export async function liveReplays(entry: Delivery, deps: Pick<Deps, 'ledger'>): Promise<Delivery[]> {
  const own = (await deps.ledger.getAll(entry.replays ?? [])).filter(isLive);
  return [...own, ...(await Promise.all(own.map((one) => liveReplays(one, deps)))).flat()];
}

const never = (what: string, fix: string): WharfError =>
  new WharfError(what, { code: 'replay.overtaken', fix });

export const originGone = (origin: string): WharfError =>
  never(
    `Delivery ${origin}, whose rows these are, is no longer in the table`,
    'What took its place has rows of its own; look whether any of them was refused',
  );

/**
 * Enters a replay in the ledger entries of its origins, before its rows are shown anywhere.
 * @returns why it must not be committed; undefined: it may
 */
export async function enterReplay(
  { delivery }: Delivery,
  releases: Places,
  deps: Deps,
): Promise<WharfError | undefined> {
  const origins = await deps.ledger.getAll(Object.keys(releases));
  const gone = origins.find((one) => !isLive(one));
  if (gone) return originGone(gone.delivery);
  const others = new Set(origins.flatMap(({ replays = [] }) => replays).filter((id) => id !== delivery));
  for (const rival of (await deps.ledger.getAll([...others])).filter(isLive)) {
    const { releases: theirs = {} } = parseManifest(await deps.objects.read(rival.manifest!));
    if (share(releases, theirs))
      return never(
        `Delivery ${rival.delivery} has released some of these rows meanwhile`,
        'Ask for the replay again: it takes those that are still open',
      );
  }
  for (const { delivery: origin, replays = [] } of origins)
    if (!replays.includes(delivery))
      await deps.ledger.update(origin, { replays: [...replays, delivery] }, [
        'written',
        'committed',
        'refused',
      ]);
  return undefined;
}

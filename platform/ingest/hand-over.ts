/** The end of all roads: files into the lake, the ledger told, the committer asked. */
import type { Manifest } from '../../core/delivery/model.ts';
import type { Ledger } from '../ledger.ts';
import type { ObjectStore } from '../objects.ts';
import type { AskCommit } from './ask-commit.ts';
import { type Put, publish } from './publish.ts';

export interface HandOverDeps {
  readonly objects: ObjectStore;
  readonly ledger: Ledger;
  readonly lakeBucket: string;
  readonly askCommit: AskCommit;
}

/**
 * Publishes what was written; of several workers on one delivery, the first to say `written` has done it.
 * @returns whether these files are the delivery's
 */
export async function handOver(
  manifest: Manifest,
  prefix: string,
  put: Put,
  deps: HandOverDeps,
): Promise<boolean> {
  const { delivery, dataset } = manifest;
  const published = await publish(manifest, prefix, put, deps);
  const { read, accepted, quarantined, duplicate, reasons, drift, sha256, releases, released } = manifest;
  const won = await deps.ledger.update(
    delivery,
    {
      ...{ state: 'written', manifest: published.path, sha256, drift },
      ...{ read, accepted, quarantined, duplicate, reasons },
      ...{ released, origin: releases && Object.keys(releases) },
      files: manifest.data.length + manifest.quarantine.length,
    },
    ['ingesting'],
  );
  // The SDK repeats a request whose answer was lost: then it is our own write that was there before.
  const ours = won || (await deps.ledger.get(delivery))?.manifest === published.path;
  if (!ours) await deps.objects.delete(published.all);
  await deps.askCommit(delivery, dataset);
  return ours;
}

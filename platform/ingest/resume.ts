/** Deliveries that a process left open, where queues do not outlive it and so no message tells of them again. */
import { reason } from '../../core/contract/reasons.ts';
import { type Delivery, isClosed } from '../../core/delivery/model.ts';
import { refuse } from './entry.ts';
import { deliveryId } from './identity.ts';
import type { IngestDeps } from './ingest.ts';

/**
 * Brings to an end what is open and no longer stands under its key: what is written is committed, what was not read
 * to its end is gone. What still stands there is left to whoever tells of objects anew.
 */
export async function resume(
  entries: readonly Delivery[],
  deps: Pick<IngestDeps, 'objects' | 'ledger' | 'askCommit' | 'now'>,
): Promise<void> {
  for (const entry of entries.filter(({ state }) => !isClosed(state))) {
    // The messages of events are kept, and whoever takes them next closes what their last worker left.
    if (entry.engine === 'node' && entry.state === 'ingesting') continue;
    const { bucket, key, version } = entry;
    const object = await deps.objects.look(bucket, key, version);
    if (object && deliveryId(bucket, key, object) === entry.delivery) continue;
    if (entry.state === 'written') await deps.askCommit(entry.delivery, entry.dataset);
    else await refuse(entry, reason('object_missing'), deps);
  }
}

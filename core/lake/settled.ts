/** Which deliveries are in a table already, also where the snapshots that committed them have expired. */
import type { Change } from './head.ts';
import {
  committedDeliveries,
  currentSnapshot,
  deliveryOf,
  type SnapshotId,
  type TableMetadata,
} from './metadata.ts';
import type { Files } from './model.ts';
import { isCompacted, readRoster } from './roster.ts';
import { entriesOf, manifestsOf } from './scan.ts';

/**
 * Deliveries of a change that were committed before, and the snapshots that did. Snapshots say so themselves; where one
 * may have expired that committed a delivery after it was written, the table's own files are looked through.
 */
export async function settled(
  metadata: TableMetadata,
  { deliveries, since = 0 }: Pick<Change, 'deliveries' | 'since'>,
  files: Files,
): Promise<ReadonlyMap<string, SnapshotId>> {
  const known = committedDeliveries(metadata);
  const open = new Set(deliveries.filter((delivery) => !known.has(delivery)));
  const { snapshots, 'last-sequence-number': last } = metadata;
  const start = snapshots.findLast((s) => s['timestamp-ms'] < since)?.['sequence-number'] ?? 0;
  // Every commit takes the next sequence number: with none missing, no snapshot is.
  const kept = snapshots.filter((s) => s['sequence-number'] > start).length;
  if (open.size === 0 || last - start === kept) return known;
  for (const listed of await manifestsOf(currentSnapshot(metadata), files)) {
    if (listed.sequence_number <= start) continue;
    for (const { snapshot_id, data_file } of await entriesOf(listed, files)) {
      const path = data_file.file_path;
      const held = isCompacted(path) ? Object.keys(await readRoster(path, files)) : [deliveryOf(path)];
      for (const delivery of held) if (open.has(delivery)) known.set(delivery, snapshot_id!);
    }
  }
  return known;
}

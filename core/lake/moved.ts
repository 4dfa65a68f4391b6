/** Rows of deliveries that another program moved into files of its own: Wharf takes deliveries back by file. */
import { WharfError } from '../errors.ts';
import type { ManifestEntry } from './manifest.ts';
import { currentSnapshot, deliveryOf, schemaOf, type TableMetadata } from './metadata.ts';
import type { Files } from './model.ts';
import { isCompacted } from './roster.ts';
import { liveEntriesOf, manifestsOf } from './scan.ts';
import type { IcebergSchema } from './schema.ts';

/** Those of some deliveries that a live file which is no one's of theirs takes in, by its bounds of `_delivery`. */
export async function movedDeliveries(
  metadata: TableMetadata,
  deliveries: readonly string[],
  files: Files,
): Promise<Map<string, WharfError>> {
  const found = new Map<string, WharfError>();
  for (const listed of await manifestsOf(currentSnapshot(metadata), files))
    for (const entry of await liveEntriesOf(listed, files))
      for (const delivery of holds(entry, deliveries, schemaOf(metadata)))
        found.set(delivery, rewritten(entry.data_file.file_path));
  return found;
}

/** The deliveries a file may hold rows of, without being a file of one of them. */
export function holds(
  { data_file: file }: ManifestEntry,
  deliveries: readonly string[],
  { fields }: IcebergSchema,
): readonly string[] {
  // Compaction takes only what is never taken back by file.
  if (isCompacted(file.file_path) || deliveries.includes(deliveryOf(file.file_path))) return [];
  const column = fields.find(({ name }) => name === '_delivery')?.id;
  const [low, high] = [file.lower_bounds, file.upper_bounds].map(
    (bounds) => bounds?.find(({ key }) => key === column)?.value,
  );
  if (!low || !high) return [];
  return deliveries.filter((delivery) => {
    const id = Buffer.from(delivery);
    return Buffer.compare(low, id) <= 0 && Buffer.compare(id, high) <= 0;
  });
}

export const rewritten = (path: string): WharfError =>
  new WharfError(`Another program moved rows of a delivery to ${path}: they cannot be taken back by file`, {
    code: 'lake.rewritten',
    fix: "Roll the table back to the snapshot before that, or delete the delivery's rows there (WHERE _delivery = …) and land the file under a new name",
  });

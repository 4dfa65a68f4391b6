/** A table's log of its previous metadata files: how many it keeps is a property of the table, by Iceberg's names. */
import type { Base } from './commit.ts';
import type { TableMetadata } from './metadata.ts';

const MOST = 'write.metadata.previous-versions-max';
const DELETE = 'write.metadata.delete-after-commit.enabled';

/** Iceberg's own default. Reading a table takes seconds, and a hundred commits more than that. */
const DEFAULT_MOST = '100';

/** What our tables are made with. */
export const logProperties = { [MOST]: DEFAULT_MOST, [DELETE]: 'true' };

export interface Logged {
  readonly log: TableMetadata['metadata-log'];
  /** Metadata files that left the log: to be deleted once the new metadata stands. */
  readonly obsolete: readonly string[];
}

/** The log of the metadata that follows `base`. */
export function logPrevious({ metadata, path }: Base): Logged {
  const { properties, 'metadata-log': before, 'last-updated-ms': updated } = metadata;
  const all = [...before, { 'timestamp-ms': updated, 'metadata-file': path }];
  const most = Math.max(1, Number(properties[MOST] ?? DEFAULT_MOST));
  const left = properties[DELETE] === 'true' ? all.slice(0, -most) : [];
  return { log: all.slice(-most), obsolete: left.map((entry) => entry['metadata-file']) };
}

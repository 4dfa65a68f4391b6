/** What a snapshot says of itself: counts before, added, removed and after. */
import type { ManifestEntry } from './manifest.ts';
import { currentSnapshot, type TableMetadata } from './metadata.ts';
import { type DataFile, recordsOf } from './model.ts';

export interface Tally {
  readonly files: number;
  readonly rows: number;
  readonly bytes: number;
}

export const tally = (entries: readonly ManifestEntry[]): Tally => ({
  files: entries.length,
  rows: entries.reduce((sum, { data_file }) => sum + data_file.record_count, 0),
  bytes: entries.reduce((sum, { data_file }) => sum + data_file.file_size_in_bytes, 0),
});

/** What a snapshot did, by Iceberg's names: `replace` leaves the rows as they were. */
export type Operation = 'append' | 'overwrite' | 'replace' | 'delete';

/** A snapshot's summary, in the words Iceberg has for it. */
export function summary(
  current: TableMetadata | undefined,
  come: { readonly append: readonly DataFile[]; readonly back: readonly ManifestEntry[] },
  removed: Tally,
  operation: Operation,
): Record<string, string> {
  const before = current ? currentSnapshot(current).summary : {};
  const back = tally(come.back);
  const added = {
    files: come.append.length + back.files,
    rows: recordsOf(come.append) + back.rows,
    bytes: come.append.reduce((sum, { bytes }) => sum + bytes, back.bytes),
  };
  const total = (name: string, plus: number, minus: number) =>
    String(Number(before[`total-${name}`] ?? 0) + plus - minus);
  return {
    operation,
    'added-data-files': String(added.files),
    'added-records': String(added.rows),
    'added-files-size': String(added.bytes),
    ...(removed.files > 0
      ? {
          'deleted-data-files': String(removed.files),
          'deleted-records': String(removed.rows),
          'removed-files-size': String(removed.bytes),
        }
      : {}),
    'total-data-files': total('data-files', added.files, removed.files),
    'total-records': total('records', added.rows, removed.rows),
    'total-files-size': total('files-size', added.bytes, removed.bytes),
    'total-delete-files': '0',
    'total-position-deletes': '0',
    'total-equality-deletes': '0',
  };
}

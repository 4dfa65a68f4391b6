/** Which files of a table to rewrite as fewer, and the commit that puts one in the place of several. */
import { WharfError } from '../errors.ts';
import { planReplace } from './commit.ts';
import type { Change } from './head.ts';
import { partitionTexts } from './manifest-file.ts';
import { currentSnapshot, type SnapshotId, type TableMetadata } from './metadata.ts';
import type { DataFile, Files } from './model.ts';
import { liveEntriesOf, manifestsOf } from './scan.ts';
import { type CommitOptions, commitPlanned } from './table.ts';

/** A live file that may be rewritten. */
export interface Candidate {
  readonly path: string;
  readonly records: number;
  readonly bytes: number;
  /** As {@link DataFile} has it. */
  readonly partition: DataFile['partition'];
  /** Column id → how many rows have no value, where the table says. */
  readonly nulls: ReadonlyMap<number, number>;
}

export interface Sizes {
  /** Bytes a file is to have. @default 128 MB */
  readonly target?: number;
  /** Fewer files are left alone unless they fill one: else the same rows would be rewritten each time. @default 5 */
  readonly fewest?: number;
}

/** A file of more than this share of the target is large enough. */
const ENOUGH = 0.75;

/** Groups of files, each to become one: of one partition, the oldest first, no larger together than the target. */
export function planGroups(
  files: readonly Candidate[],
  { target = 128 << 20, fewest = 5 }: Sizes = {},
): Candidate[][] {
  const small = files.filter(({ bytes }) => bytes < target * ENOUGH);
  const partitions = Map.groupBy(small, ({ partition }) => JSON.stringify(partition)).values();
  return partitions
    .flatMap((members) => packed(members, target))
    .filter(isWorthIt)
    .toArray();

  function isWorthIt(group: readonly Candidate[]): boolean {
    const bytes = group.reduce((sum, file) => sum + file.bytes, 0);
    return group.length >= fewest || (group.length > 1 && bytes >= target * ENOUGH);
  }
}

function packed(files: readonly Candidate[], target: number): Candidate[][] {
  const groups: Candidate[][] = [];
  let left = 0;
  for (const file of files) {
    if (groups.length === 0 || file.bytes > left) {
      groups.push([]);
      left = target;
    }
    groups.at(-1)!.push(file);
    left -= file.bytes;
  }
  return groups;
}

/**
 * The files of a table that compaction may take, the oldest first: those of the partitioning it has now.
 * @throws WharfError `compact.row_deletes` where another program deleted single rows
 */
export async function candidates(metadata: TableMetadata, files: Files): Promise<Candidate[]> {
  const found: (Candidate & { readonly age: number })[] = [];
  for (const listed of await manifestsOf(currentSnapshot(metadata), files)) {
    if (listed.content !== 0)
      throw new WharfError(`Another program deleted single rows of ${metadata.location}`, {
        code: 'compact.row_deletes',
        fix: 'Have it rewrite the files without those rows first (in Athena: OPTIMIZE)',
      });
    if (listed.partition_spec_id !== metadata['default-spec-id']) continue;
    for (const { data_file, sequence_number } of await liveEntriesOf(listed, files)) {
      const { file_path, record_count, file_size_in_bytes, partition, null_value_counts } = data_file;
      found.push({
        ...{ path: file_path, records: record_count, bytes: file_size_in_bytes, age: sequence_number! },
        nulls: new Map(null_value_counts?.map(({ key, value }) => [key, value])),
        partition: partitionTexts(partition),
      });
    }
  }
  return found.sort((a, b) => a.age - b.age);
}

/**
 * Puts one file in the place of several with the same rows.
 * @returns the snapshot; undefined where one of those has left the table meanwhile: then nothing is changed
 */
export const commitReplace = (
  gone: ReadonlySet<string>,
  change: Omit<Change, 'nonce' | 'remove' | 'deliveries'>,
  options: CommitOptions,
): Promise<SnapshotId | undefined> =>
  commitPlanned(
    options,
    (base, nonce) =>
      base && planReplace(base, { ...change, remove: [], deliveries: [], nonce }, gone, options.files),
  );

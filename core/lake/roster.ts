/** Files that compaction made: their rows are of many deliveries, and a roster beside the table's metadata says whose. */
import type { Files } from './model.ts';

/** Delivery → how many rows of it a file holds. */
export type Roster = Readonly<Record<string, number>>;

/** What the names of such files start with; those of others start with the id of their delivery. */
const COMPACTED = 'compact-';

/** The name of a file compaction makes. @param nonce unique to it */
export const compactedName = (nonce: string): string => `${COMPACTED}${nonce}`;

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

export const isCompacted = (path: string): boolean => nameOf(path).startsWith(COMPACTED);

/** Where the roster of such a file stands. @example rosterPath('s3://b/lake/d/t/data/p=1/compact-a.parquet') // 's3://b/lake/d/t/metadata/compact-a.roster.json' */
export const rosterPath = (path: string): string =>
  `${path.slice(0, path.lastIndexOf('/data/'))}/metadata/${nameOf(path).replace(/\.parquet$/, '.roster.json')}`;

export const formatRoster = (roster: Roster): Uint8Array => new TextEncoder().encode(JSON.stringify(roster));

/** @throws WharfError `file.missing` */
export const readRoster = async (path: string, files: Pick<Files, 'read'>): Promise<Roster> =>
  JSON.parse(new TextDecoder().decode(await files.read(rosterPath(path)))) as Roster;

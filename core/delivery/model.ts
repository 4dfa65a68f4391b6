/** A delivery and its books, as the ledger keeps them. */
import type { DataFile } from '../lake/model.ts';
import type { Places } from '../replay/ranges.ts';
import type { EngineName } from './engine.ts';

/** `ingesting` → `written` (files are in the lake, no reader sees them) → one of the closed states. */
export type State = 'ingesting' | 'written' | Closed;

/**
 * `held`: it waits until somebody decides about a change of its columns. `refused`: the file as a whole. `duplicate`: the
 * same content is already in the table. `failed`: retries are used up. `undone`, `rolled_back`: it was in the tables, and
 * somebody took it out again.
 */
export type Closed = 'committed' | 'duplicate' | 'refused' | 'failed' | 'held' | TakenOut;
export type TakenOut = 'undone' | 'rolled_back';

export interface Books {
  readonly read: number;
  readonly accepted: number;
  readonly quarantined: number;
  readonly duplicate: number;
}

/** What the header told about the file against the contract. */
export interface Drift {
  /** Columns no field claims; their values are in `_rescued`. */
  readonly unknown: readonly string[];
  /** Fields the file has no column for. */
  readonly missing: readonly string[];
}

/** Who took a delivery out of the tables, when and why. */
export interface Taken {
  readonly revision: string;
  readonly by: string;
  readonly at: string;
  readonly reason?: string;
  /** The snapshot of the dataset's table that no longer shows its rows; absent: none of its rows had been accepted. */
  readonly snapshot?: string;
  /** What it was before. */
  readonly was: 'committed' | 'refused';
}

/** One entry of the ledger. Times are ISO text. */
export interface Delivery extends Books {
  readonly delivery: string;
  readonly dataset: string;
  readonly bucket: string;
  readonly key: string;
  readonly etag: string;
  readonly version?: string;
  /** Sorts the contents of one key by age. */
  readonly order: string;
  readonly bytes: number;
  /** Of the landed bytes; what Trino took has S3's mark of them instead. */
  readonly sha256?: string;
  readonly state: State;
  readonly reasons: Readonly<Record<string, number>>;
  readonly files: number;
  /** Path of the manifest of what was written. */
  readonly manifest?: string;
  /** Snapshot of the dataset's table that shows the rows. */
  readonly snapshot?: string;
  readonly drift?: Drift;
  /** The changes of columns it came with, as the queue of approvals has them. */
  readonly approval?: string;
  readonly duplicate_of?: string;
  readonly superseded_by?: string;
  /** The deliveries whose place it took: the one under its key, and what was replayed of that. */
  readonly replaces?: readonly string[];
  /** Of one that is `undone` or `rolled_back`. */
  readonly taken?: Taken;
  /** Of a replay or a discard: the deliveries whose refused rows it releases, or the dead letters whose events it has. */
  readonly origin?: readonly string[];
  /** How many refused rows of its origin it releases. */
  readonly released?: number;
  /** Deliveries that released, or were to release, refused rows of this one. */
  readonly replays?: readonly string[];
  /** What did the work, chosen by the object's size alone. */
  readonly engine: EngineName;
  readonly landed_at: string;
  readonly started_at: string;
  readonly ended_at?: string;
  readonly ms?: number;
  readonly error?: string;
}

/** What one delivery wrote: the message from `ingest-file` to `commit`, kept beside the data. */
export interface Manifest extends Books {
  readonly delivery: string;
  readonly dataset: string;
  readonly sha256: string;
  readonly reasons: Readonly<Record<string, number>>;
  /** Field ids by column the files were written with. */
  readonly fieldIds: Readonly<Record<string, unknown>>;
  readonly data: readonly DataFile[];
  readonly quarantine: readonly DataFile[];
  readonly drift?: Drift;
  /** Whether the header made every row fail. */
  readonly refused: boolean;
  /** The refused rows of other deliveries that are released; the last files of `quarantine` say so to readers. */
  readonly releases?: Places;
  /** How many they are. */
  readonly released?: number;
}

/** Where a delivery's companion metadata stands: beside its manifest. */
export const companionPath = ({ delivery, manifest }: { delivery: string; manifest: string }): string =>
  manifest.replace(/[^/]+$/, `${delivery}.metadata.json`);

/** Whether nothing more happens to a delivery by itself. */
export const isClosed = (state: State): state is Closed => state !== 'ingesting' && state !== 'written';

/** Whether a delivery's rows are to be seen in the tables. */
export const isShown = ({ state, manifest, superseded_by }: Delivery): boolean =>
  (state === 'committed' || state === 'refused') && manifest !== undefined && superseded_by === undefined;

export const emptyBooks: Books = { read: 0, accepted: 0, quarantined: 0, duplicate: 0 };

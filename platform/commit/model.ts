/** What a commit works with. */
import type { Delivery, Manifest } from '../../core/delivery/model.ts';
import type { FindContract } from '../drift/registry.ts';
import type { Ledger } from '../ledger.ts';
import type { Lineage } from '../lineage.ts';
import type { ObjectStore } from '../objects.ts';
import type { Tables } from './tables.ts';

export interface CommitDeps extends Lineage {
  readonly contract: FindContract;
  readonly objects: ObjectStore;
  readonly ledger: Ledger;
  readonly tables: Tables;
  readonly now: () => Date;
}

/** An entry whose files are in the lake and wait for their commit. */
export type WrittenEntry = Delivery & Required<Pick<Delivery, 'manifest' | 'sha256'>>;

/** A delivery on its way into the tables. */
export interface Candidate {
  readonly entry: WrittenEntry;
  readonly manifest: Manifest;
  /** The delivery whose rows it takes the place of. */
  readonly replaces?: Delivery;
  /** Replays of its refused rows, which go with it. */
  readonly taken?: readonly Delivery[];
}

/** What tells the contents of one key from those of another. */
export const objectOf = ({ bucket, key }: Delivery): string => `${bucket}/${key}`;

/** The deliveries whose rows leave the tables for a candidate's sake. */
export const replacedBy = ({ replaces, taken = [] }: Candidate): readonly Delivery[] =>
  replaces ? [replaces, ...taken] : [];

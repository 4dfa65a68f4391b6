/** What applying a revision works with. */
import type { Revised } from '../../core/lake/revision.ts';
import type { CommitDeps } from '../commit/model.ts';
import type { DriftStore } from '../drift/store.ts';
import type { Revisions } from './revisions.ts';

export interface ReviseDeps extends CommitDeps {
  readonly revisions: Revisions;
  /** Where it is kept which new columns are filled. @default nobody fills any */
  readonly drift?: DriftStore;
}

/** What a revision is to do, found out before anything is written. */
export interface Planned {
  readonly data: Revised;
  readonly quarantine: Revised;
  /** Deliveries that leave the tables, and those that come back. */
  readonly out: readonly string[];
  readonly back: readonly string[];
  /** Deliveries that would come back, were they still kept. */
  readonly lost?: readonly string[];
}

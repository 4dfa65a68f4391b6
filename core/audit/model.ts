/** What an audit looks at: the ledger, the tables and the objects of one dataset, gathered by `platform/audit`. */
import type { Delivery, Manifest } from '../delivery/model.ts';
import type { Roster } from '../lake/roster.ts';
import type { LiveFile } from '../lake/scan.ts';
import type { Revision } from '../revision/model.ts';

/** An object of the lake bucket. */
export interface StoredObject {
  /** `s3://bucket/key` */
  readonly path: string;
  readonly bytes: number;
  readonly modified: Date;
}

/** What one table shows and what it keeps for its older snapshots. */
export interface AuditedTable {
  /** Live in the current snapshot. */
  readonly live: readonly LiveFile[];
  /** Whose rows those of them hold that compaction made, by path. */
  readonly rosters: ReadonlyMap<string, Roster>;
  /** Paths that any snapshot still kept shows, and all of the table's own metadata. */
  readonly kept: ReadonlySet<string>;
}

export interface Audited {
  readonly dataset: string;
  readonly entries: readonly Delivery[];
  readonly revisions: readonly Revision[];
  /** Manifests by delivery; undefined: the ledger names one that is not there. */
  readonly manifests: ReadonlyMap<string, Manifest | undefined>;
  readonly data: AuditedTable;
  readonly quarantine: AuditedTable;
  /** Everything under the tables' locations, and the documents of the deliveries. */
  readonly objects: readonly StoredObject[];
  readonly now: Date;
}

/**
 * `error`: a promise is broken. `waiting`: something is under way for so long that somebody should look.
 * `orphan`: bytes no reader sees and nothing needs.
 */
export type Severity = 'error' | 'waiting' | 'orphan';

export interface Finding {
  readonly code: string;
  readonly severity: Severity;
  readonly dataset: string;
  readonly delivery?: string;
  readonly path?: string;
  readonly what: string;
  readonly fix: string;
}

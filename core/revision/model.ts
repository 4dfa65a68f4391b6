/** What somebody asked to be changed in the tables of a dataset: kept for good, as who did what, when and why. */

/** Times are ISO text. */
export interface Revision {
  readonly id: string;
  readonly dataset: string;
  readonly asked: Asked;
  readonly by: string;
  readonly reason?: string;
  readonly at: string;
  /** `refused`: it could not be done, and nothing was changed. */
  readonly state: 'asked' | 'done' | 'refused';
  readonly ended_at?: string;
  readonly outcome?: Outcome;
  /** Why it was refused. */
  readonly why?: { readonly code: string; readonly message: string };
}

export type Asked =
  /** Takes deliveries out; what they had replaced comes back where it is still kept. */
  | { readonly what: 'undo'; readonly deliveries: readonly string[] }
  /** Makes the tables what they were at a snapshot of the data table, its schema included. */
  | { readonly what: 'rollback'; readonly to: string };

export interface Outcome {
  /** Deliveries whose rows left the tables, and those whose rows came back; the first so many of each. */
  readonly out: readonly string[];
  readonly back: readonly string[];
  readonly outs: number;
  readonly backs: number;
  /** Deliveries that one taken out had replaced, and that are past retention. */
  readonly lost?: readonly string[];
  /** Of the data table and the quarantine table; absent where nothing changed there. */
  readonly snapshot?: string;
  readonly quarantine_snapshot?: string;
}

/** How many deliveries of each kind an outcome names. */
export const NAMED = 1000;

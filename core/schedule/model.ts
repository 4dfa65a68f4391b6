/** What a job is, and what is kept of each of its runs. */

/** When a job is due: five fields of cron, in the time of a zone. */
export interface When {
  /** Minute, hour, day of the month, month, day of the week; one of the two days is `*`. */
  readonly cron: string;
  /** IANA's name of it, e.g. `Europe/Rome`. */
  readonly zone: string;
}

export interface Retries {
  /** Tries after the first. */
  readonly most: number;
  /** Seconds before the first of them; each later one waits twice as long, fifteen minutes at most. */
  readonly first: number;
}

/** What becomes of a run that is due while an earlier one of its job is under way. */
export type Overlap = 'skip' | 'queue' | 'allow';

/** What becomes of a run that nobody was there for: it is done late, once however many were missed, or left out. */
export type Missed = 'once' | 'skip';

/** A row of the table. */
export interface Job {
  readonly describe: string;
  readonly when: When;
  /** Folder in `lambdas/` of the function that does the work. */
  readonly work: string;
  /** What that function is called with. */
  readonly input: Readonly<Record<string, unknown>>;
  /** Seconds; at most {@link LONGEST}. */
  readonly timeout: number;
  readonly retries: Retries;
  /** Jobs whose last run before this one must have gone well. */
  readonly after: readonly string[];
  readonly overlap: Overlap;
  readonly missed: Missed;
}

export type Jobs = Readonly<Record<string, Job>>;

/** A function runs for fifteen minutes; who waits for it needs some of them. In seconds. */
export const LONGEST = 840;

/** What is sent when a run is due. */
export interface Ask {
  readonly job: string;
  /** ISO text. */
  readonly due: string;
  /** Tells runs apart that are due at one moment: asked for by hand, sent back from the dead letters, or of a clock that goes faster. */
  readonly as?: string;
  /** Who asks for it; what it comes after is not waited for then. @default the schedule */
  readonly by?: 'hand';
}

/** Runs of a clock that was set or goes faster are no real clock's: what they did says nothing of when it was done. */
export const clockOf = ({ as = '' }: Pick<Ask, 'as'>): string => /^clock-\w+/.exec(as)?.[0] ?? '';

/** What the work says it did. */
export type Figures = Readonly<Record<string, number | string | boolean>>;

/** What a function answers that does a job's work. */
export type Worked =
  | { readonly figures: Figures }
  | { readonly failed: { readonly code?: string; readonly error: string } };

/** `waiting`: for a later try, or its turn. `skipped`: for the reason in `error`. */
export type Outcome = 'waiting' | 'running' | 'done' | 'failed' | 'skipped';

/** A run as the ledger keeps it. Times are ISO text. */
export interface Run extends Ask {
  readonly outcome: Outcome;
  /** When it was first heard of. */
  readonly asked_at: string;
  /** Tries so far, the present one among them. */
  readonly tries: number;
  readonly started_at?: string;
  readonly ended_at?: string;
  readonly ms?: number;
  /** While it is running: whoever did it is dead after this. */
  readonly until?: string;
  readonly figures?: Figures;
  readonly code?: string;
  readonly error?: string;
}

export const isOver = ({ outcome }: Run): boolean =>
  outcome === 'done' || outcome === 'failed' || outcome === 'skipped';

/** The largest delay of a message, in seconds. */
const LONGEST_WAIT = 900;

/** Seconds before the try that follows so many. @example backoff({ most: 3, first: 60 }, 2) // 120 */
export const backoff = ({ first }: Retries, tries: number): number =>
  Math.min(first * 2 ** (tries - 1), LONGEST_WAIT);

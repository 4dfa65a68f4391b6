/** Refused rows that are taken up again: what is chosen, how it is mended, and what the object says that brings it. */

/** Which refused rows. Of those that are still open, all where nothing is said. */
export interface Selection {
  readonly delivery?: string;
  /** What one of a row's reasons starts with. */
  readonly reason?: string;
}

/** A value that stands in for another, in one field. */
export interface Mapping {
  readonly field: string;
  /** The whole text; empty: no value. */
  readonly from: string;
  readonly to: string;
}

/** What a field, or the whole record (`raw`), becomes. */
export interface Assignment {
  readonly field: string;
  /** A DuckDB expression; see core/replay/expression.ts for what it may say. */
  readonly sql: string;
}

/** What is done to each record before it is judged again: names, then values, then constants, then expressions. */
export interface Fix {
  /** Column of the file → the field it is. */
  readonly header: Readonly<Record<string, string>>;
  readonly map: readonly Mapping[];
  /** Field → its text in every record; empty: no value. */
  readonly set: Readonly<Record<string, string>>;
  readonly sql: readonly Assignment[];
}

export const noFix: Fix = { header: {}, map: [], set: {}, sql: [] };

/** `replayed`: another delivery has the row now. `discarded`: nobody wants it. */
export type Release = 'replayed' | 'discarded';

/**
 * The first line of an object that brings refused rows again. Each of the others is a row: `origin` (the delivery that
 * refused it), `row` or `line` (its number there), and `record`, what is judged in its place; null where it is discarded.
 */
export interface ReplayHeader {
  readonly release: Release;
  readonly dataset: string;
  /** Field → other names it goes by in these records, beside the contract's. */
  readonly aliases: Readonly<Record<string, readonly string[]>>;
  /** How the records were mended, in the words of who asked. */
  readonly fix: Fix;
  readonly by: string;
  /** Why; a discard has to say. */
  readonly why?: string;
}

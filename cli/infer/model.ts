/** What a file's values look like, before it is written down as a contract. */
import type { Scalar } from '../../core/contract/kinds.ts';

interface Column {
  /** The name in the file. */
  readonly header: string;
  /** A value is missing or empty somewhere. */
  readonly optional: boolean;
  readonly shape: Shape;
}

export interface Value {
  readonly is: 'value';
  readonly type: Scalar;
  /** How the type is written in a contract. */
  readonly code: string;
  /** No two rows have the same value. */
  readonly unique: boolean;
  /** What the guess could not tell, for whoever reads the contract. */
  readonly note?: string;
}

/** Anything a contract has a word for, or why it has none. */
export type Shape =
  | Value
  | { readonly is: 'list'; readonly items: Shape }
  | { readonly is: 'object'; readonly members: readonly Column[] }
  | { readonly is: 'unknown'; readonly why: string };

export type { Column };

/** Values to look at: a table of which one column is the text, and one tells whether it is a JSON list or object. */
export interface Values {
  readonly table: string;
  readonly text: string;
  readonly container: string;
}

/** What drift is made of: what a delivery looks like, what is known of earlier ones, and what is found between them. */
import type { Change } from '../contract/change.ts';

/** The columns of a delivery with the values of a sample of its records, in the order of the file. */
export interface Sample {
  readonly columns: readonly SampledColumn[];
  /** Records that were looked at. */
  readonly records: number;
  /** Names are told apart by every letter, as JSON has them. @default false */
  readonly exact?: boolean;
}

export interface SampledColumn {
  readonly name: string;
  /** One text a record; undefined where nothing stands. */
  readonly values: readonly (string | undefined)[];
  /** Some are lists or objects, which no text holds. */
  readonly nested?: boolean;
}

/** What a column looks like, in figures: shares are of what is not missing. No value of it can be read from this. */
export interface ColumnProfile {
  readonly records: number;
  /** Share of the records without a value. */
  readonly nulls: number;
  /** Share of values that differ from all before. */
  readonly distinct: number;
  /** Reading → share of values that can be read so, where that is any. */
  readonly reads: Readonly<Record<string, number>>;
  /** Outline (`A9-A` for `T12-x`) → share, the most frequent. */
  readonly outlines: Readonly<Record<string, number>>;
  /** Shortest, mean and longest text. */
  readonly lengths: readonly [number, number, number];
  /** Of numbers: the 5th, 25th, 50th, 75th and 95th of a hundred. */
  readonly quantiles?: readonly number[];
  /** Hash → share of the most frequent values; absent where the field is personal data. */
  readonly top?: Readonly<Record<string, number>>;
}

/** What the ledger keeps of the deliveries a dataset has had. */
export interface History {
  readonly deliveries: number;
  /** Fields in the order their columns last came in. */
  readonly order: readonly string[];
  readonly fields: Readonly<Record<string, ColumnProfile>>;
}

export type FindingKind =
  | 'new'
  | 'missing'
  | 'renamed'
  | 'reordered'
  | 'retyped'
  | 'values'
  | 'format'
  | 'nulls'
  | 'distribution';

export interface Finding {
  readonly kind: FindingKind;
  readonly field?: string;
  /** The column's name in the file. */
  readonly column?: string;
  /** 0 to 1: how sure it is that this is so, and meant. */
  readonly confidence: number;
  /** In words and figures; never a value of a column that is or may be personal data. */
  readonly evidence: readonly string[];
  /** What would have to change in the contract; absent: nothing, it is only worth knowing. */
  readonly change?: Change;
  /** Why no machine may decide this alone. */
  readonly unsafe?: string;
  /** Most rows of the delivery are refused unless it is approved. */
  readonly blocks?: boolean;
}

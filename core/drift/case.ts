/** One column that a field reads, as those look at it who tell what has changed about its values. */
import type { Scalar } from '../contract/kinds.ts';
import type { Contract, Field } from '../contract/model.ts';
import type { Seen } from './detect.ts';
import type { ColumnProfile, Finding } from './model.ts';

/** Fewer values tell nothing. */
export const FEW = 10;
/** So many that cannot be read are no dirt any more. */
export const UNREAD = 0.2;
/** From this share on, nearly all can. */
export const NEARLY = 0.95;
export const BLOCKS = 0.5;

export const rounded = (value: number): number => Math.round(Math.max(0, Math.min(1, value)) * 100) / 100;
export const present = ({ records, nulls }: ColumnProfile): number => records * (1 - nulls);

/** Why a change of this field is nobody's but a person's. */
export function guarded(field: Field, { key }: Contract): string | undefined {
  if (field.pii) return 'it is personal data';
  if (key.includes(field.name)) return 'it is of the key';
  return field.type.is === 'id' ? 'it is an identifier' : undefined;
}

export interface Case {
  readonly field: Field;
  readonly type: Scalar;
  readonly column: Seen;
  readonly before: ColumnProfile | undefined;
  readonly contract: Contract;
  /** Value → how often. */
  readonly counts: ReadonlyMap<string, number>;
}

export type Look = (one: Case) => Finding | undefined;

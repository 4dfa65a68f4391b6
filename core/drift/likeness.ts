/** How much the values of a column are what a field's values are. */
import type { Contract, Field } from '../contract/model.ts';
import type { ColumnProfile } from './model.ts';
import { counted, share } from './profile.ts';

type Shares = Readonly<Record<string, number>>;

const sum = (shares: Shares): number => Object.values(shares).reduce((all, of) => all + of, 0);

const overlap = (a: Shares, b: Shares): number =>
  Object.entries(a).reduce((sum, [name, of]) => sum + Math.min(of, b[name] ?? 0), 0);

/** One less the mean difference of what either can be read as. */
function sameReads(a: Shares, b: Shares): number {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  if (names.length === 0) return 1;
  return 1 - names.reduce((sum, n) => sum + Math.abs((a[n] ?? 0) - (b[n] ?? 0)), 0) / names.length;
}

/** How much of the range between the tails two sets of numbers share. */
function sameNumbers([a, , am, , A]: readonly number[], [b, , bm, , B]: readonly number[]): number {
  const common = Math.min(A!, B!) - Math.max(a!, b!);
  const all = Math.max(A!, B!) - Math.min(a!, b!);
  const ranges = all === 0 ? 1 : Math.max(0, common) / all;
  const middle = 1 - Math.min(1, Math.abs(am! - bm!) / (all || 1));
  return (ranges + middle) / 2;
}

/** Whether a column says one of a few things. */
const isCategory = ({ distinct, top = {} }: ColumnProfile): boolean => distinct < 0.2 && sum(top) > 0.9;

const near = (a: number, b: number): number => 1 - Math.min(1, Math.abs(a - b));
const sameLengths = (a: ColumnProfile, b: ColumnProfile): number =>
  1 - Math.min(1, Math.abs(a.lengths[1] - b.lengths[1]) / Math.max(a.lengths[1], b.lengths[1], 1));

/** How alike two columns are by their profiles, 0 to 1. */
export function likeProfiles(a: ColumnProfile, b: ColumnProfile): number {
  // Free text has an outline a value: what is not kept cannot be compared.
  const drawn = Math.min(sum(a.outlines), sum(b.outlines));
  const parts: [weight: number, of: number][] = [
    [3 * drawn, drawn && overlap(a.outlines, b.outlines) / drawn],
    [2, sameReads(a.reads, b.reads)],
    [1, sameLengths(a, b)],
    [1, near(a.nulls, b.nulls)],
    [1, near(a.distinct, b.distinct)],
  ];
  if (a.quantiles && b.quantiles) parts.push([4, sameNumbers(a.quantiles, b.quantiles)]);
  if (a.top && b.top && (isCategory(a) || isCategory(b))) parts.push([4, overlap(a.top, b.top)]);
  const total = parts.reduce((all, [weight]) => all + weight, 0);
  return parts.reduce((all, [weight, of]) => all + weight * of, 0) / total;
}

/** What a value tells by being allowed: anything is a text, few things are one of an enum. */
function tells({ type }: Field): number {
  if ('patterns' in type && type.patterns.length > 0) return 1;
  const of = { enum: 1, date: 0.9, instant: 0.9, boolean: 0.8, decimal: 0.7, int: 0.7, float: 0.6, id: 0.5 };
  return (of as Record<string, number>)[type.is] ?? 0.4;
}

/** The share of a column's values that the contract allows in a field. */
export function allowed(contract: Contract, field: Field, values: readonly (string | undefined)[]): number {
  const schema = contract.row.shape[field.name];
  const counts = counted(values);
  return counts.size === 0 || !schema ? 0 : share(counts, (text) => schema.safeParse(text).success);
}

/** How likely a column's values are a field's, by what the contract allows and by what came before. */
export function likeValues(
  contract: Contract,
  field: Field,
  { values, profile }: { readonly values: readonly (string | undefined)[]; readonly profile: ColumnProfile },
  before: ColumnProfile | undefined,
): number {
  const fits = allowed(contract, field, values);
  if (!before || before.records === 0) return fits * (0.4 + 0.6 * tells(field));
  // What the contract refuses is no rename of the field, however alike; a little of it may be dirt.
  return Math.min(1, fits + 0.1) * likeProfiles(before, profile);
}

/** Cross-field rules as small expression trees: one source that renders to SQL and evaluates in JavaScript. */
import type { Field, Rule, Type } from './model.ts';
import { ident, quote } from './text.ts';

/** A comparison's or calculation's operand. Texts in `value` are literals: ISO dates or plain text. */
export type Operand =
  | { readonly field: string }
  | { readonly value: string | number | boolean }
  | { readonly op: '+' | '-' | '*'; readonly args: readonly [Operand, Operand] };

export type Comparison = '=' | '<>' | '<' | '<=' | '>' | '>=';

/** A truth value in three-valued logic, as SQL has it: true, false or unknown. */
export type Expr =
  | { readonly op: Comparison; readonly args: readonly [Operand, Operand] }
  | { readonly op: 'and' | 'or'; readonly args: readonly Expr[] }
  | { readonly op: 'not'; readonly args: readonly [Expr] }
  | { readonly op: 'present' | 'absent'; readonly field: string };

/** Canonical values by field: null where nothing stands or nothing could be read. */
export type Values = Readonly<Record<string, unknown>>;

type Term = Operand | string;
const operand = (term: Term): Operand => (typeof term === 'string' ? { field: term } : term);

/** A field of the row, or a literal. @example compare(field('a'), '<', value(10)) */
export const field = (name: string): Operand => ({ field: name });
export const value = (literal: string | number | boolean): Operand => ({ value: literal });
export const plus = (a: Term, b: Term): Operand => ({ op: '+', args: [operand(a), operand(b)] });
export const minus = (a: Term, b: Term): Operand => ({ op: '-', args: [operand(a), operand(b)] });
export const times = (a: Term, b: Term): Operand => ({ op: '*', args: [operand(a), operand(b)] });

export const compare = (a: Term, op: Comparison, b: Term): Expr => ({ op, args: [operand(a), operand(b)] });
export const and = (...args: Expr[]): Expr => ({ op: 'and', args });
export const or = (...args: Expr[]): Expr => ({ op: 'or', args });
export const not = (arg: Expr): Expr => ({ op: 'not', args: [arg] });
export const present = (name: string): Expr => ({ op: 'present', field: name });
export const absent = (name: string): Expr => ({ op: 'absent', field: name });

/** A rule of any shape. @example rule('paid_has_method', 'A paid order names its method', or(absent('paid_at'), present('method'))) */
export const rule = (name: string, describe: string, test: Expr): Rule => ({ name, describe, test });

/** `a` is at most `b`. @example atMost('discount', 'unit_price') // rule discount_at_most_unit_price */
export const atMost = (a: string, b: string): Rule =>
  rule(`${a}_at_most_${b}`, `${a} is at most ${b}.`, compare(a, '<=', b));
export const atLeast = (a: string, b: string): Rule =>
  rule(`${a}_at_least_${b}`, `${a} is at least ${b}.`, compare(a, '>=', b));
/** `a` is not later than `b`. */
export const before = (a: string, b: string): Rule =>
  rule(`${a}_before_${b}`, `${a} is not later than ${b}.`, compare(a, '<=', b));
export const equals = (
  a: string,
  b: Term,
  name = `${a}_equals_${typeof b === 'string' ? b : 'value'}`,
): Rule => rule(name, `${a} has the value it is calculated from.`, compare(a, '=', b));

/** A number as whole units of 10^-scale, exact; or a double, where one is involved. */
type Amount = { readonly units: bigint; readonly scale: number } | number;

function amount(text: string): Amount {
  const [whole = '', fraction = ''] = text.split('.');
  return { units: BigInt(`${whole}${fraction}`), scale: fraction.length };
}
const toNumber = (a: Amount): number => (typeof a === 'number' ? a : Number(a.units) / 10 ** a.scale);
const scaled = (a: Exclude<Amount, number>, scale: number): bigint =>
  a.units * 10n ** BigInt(scale - a.scale);

const arithmetic = {
  '+': { exact: (a: bigint, b: bigint) => a + b, float: (a: number, b: number) => a + b },
  '-': { exact: (a: bigint, b: bigint) => a - b, float: (a: number, b: number) => a - b },
  '*': { exact: (a: bigint, b: bigint) => a * b, float: (a: number, b: number) => a * b },
} as const;

function calculate(op: keyof typeof arithmetic, a: Amount, b: Amount): Amount {
  if (typeof a === 'number' || typeof b === 'number') return arithmetic[op].float(toNumber(a), toNumber(b));
  if (op === '*') return { units: a.units * b.units, scale: a.scale + b.scale };
  const scale = Math.max(a.scale, b.scale);
  return { units: arithmetic[op].exact(scaled(a, scale), scaled(b, scale)), scale };
}

type Comparable = Amount | string | boolean | null;

function evaluate(node: Operand, values: Values, types: ReadonlyMap<string, Type>): Comparable {
  if ('value' in node) return typeof node.value === 'number' ? amount(String(node.value)) : node.value;
  if ('field' in node) {
    const found = values[node.field];
    if (found === null || found === undefined) return null;
    const kind = types.get(node.field)?.is;
    return kind === 'decimal' || kind === 'int' ? amount(String(found)) : (found as Comparable);
  }
  const [a, b] = node.args.map((arg) => evaluate(arg, values, types)) as [Amount | null, Amount | null];
  return a === null || b === null ? null : calculate(node.op, a, b);
}

function order(a: Exclude<Comparable, null>, b: Exclude<Comparable, null>): number {
  if (typeof a === 'object' && typeof b === 'object') {
    const scale = Math.max(a.scale, b.scale);
    const difference = scaled(a, scale) - scaled(b, scale);
    return difference < 0n ? -1 : difference > 0n ? 1 : 0;
  }
  const [x, y] = [a, b].map((side) => (typeof side === 'object' ? toNumber(side) : side)) as [string, string];
  return x < y ? -1 : x > y ? 1 : 0;
}

const comparisons: Record<Comparison, (order: number) => boolean> = {
  '=': (o) => o === 0,
  '<>': (o) => o !== 0,
  '<': (o) => o < 0,
  '<=': (o) => o <= 0,
  '>': (o) => o > 0,
  '>=': (o) => o >= 0,
};

/** Evaluates a rule: true, false, or null for unknown. */
export function holds(test: Expr, values: Values, fields: readonly Field[]): boolean | null {
  const types = new Map(fields.map(({ name, type }) => [name, type]));
  const walk = (node: Expr): boolean | null => {
    switch (node.op) {
      case 'present':
      case 'absent':
        return ((values[node.field] ?? null) !== null) === (node.op === 'present');
      case 'not': {
        const inner = walk(node.args[0]);
        return inner === null ? null : !inner;
      }
      case 'and':
      case 'or': {
        const decisive = node.op === 'or';
        const truths = node.args.map(walk);
        return truths.includes(decisive) ? decisive : truths.includes(null) ? null : !decisive;
      }
      default: {
        const [a, b] = node.args.map((arg) => evaluate(arg, values, types)) as [Comparable, Comparable];
        return a === null || b === null ? null : comparisons[node.op](order(a, b));
      }
    }
  };
  return walk(test);
}

/**
 * The rule in SQL over typed columns. `TRY`: an overflow is unknown, not the end of the delivery.
 * @param text SQL of a text literal, given what it is compared with
 */
export function toSql(
  node: Expr | Operand,
  column: (field: string) => string = ident,
  text: (literal: string, beside?: Operand) => string = quote,
  beside?: Operand,
): string {
  if ('value' in node) return typeof node.value === 'string' ? text(node.value, beside) : String(node.value);
  if (!('op' in node)) return column(node.field);
  if (node.op === 'present' || node.op === 'absent')
    return `(${column(node.field)} IS ${node.op === 'present' ? 'NOT NULL' : 'NULL'})`;
  if (node.op === 'not') return `(NOT ${toSql(node.args[0], column, text)})`;
  const { op, args } = node as { op: string; args: readonly (Expr | Operand)[] };
  const sides = args.map((arg, i) => toSql(arg, column, text, args[1 - i] as Operand));
  const all = `(${sides.join(` ${op.toUpperCase()} `)})`;
  return '+-*'.includes(op) ? `TRY${all}` : all;
}

/** The fields a rule reads. */
export function fieldsOf(node: Expr | Operand): string[] {
  if ('field' in node) return [node.field];
  return 'args' in node ? [...new Set(node.args.flatMap(fieldsOf))] : [];
}

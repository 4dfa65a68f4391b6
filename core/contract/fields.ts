/**
 * The words a contract's row is written in. Each returns a plain zod schema of the canonical value, marked with
 * the type it stands for; `.optional()`, `.default()` and `.meta({ describe, aliases, pii, examples })` work on all.
 */
import * as z from 'zod';
import { type DateFormat, type InstantFormat, instantFormats, readMoment } from './formats.ts';
import { decimalParts, kindOf } from './kinds.ts';
import type { Bound, Field, Type } from './model.ts';

declare module 'zod' {
  interface GlobalMeta {
    /** What the field means, for people. */
    describe?: string;
    /** Other names the field goes by in files. */
    aliases?: string[];
    pii?: 'direct' | 'pseudonymous';
    /** Set by the field helpers; not for contracts. */
    wharf?: Type;
  }
}

interface Lengths {
  minLength?: number;
  maxLength?: number;
  pattern?: RegExp;
}

/** Limits; `above` and `below` exclude the value itself. Decimals may be given as text to stay exact. */
export interface Limits<V = number | string> {
  min?: V;
  max?: V;
  above?: V;
  below?: V;
}

function lengths({ minLength, maxLength, pattern }: Lengths): z.ZodString {
  let schema = z.string();
  if (minLength !== undefined) schema = schema.min(minLength);
  if (maxLength !== undefined) schema = schema.max(maxLength);
  return pattern ? schema.regex(pattern) : schema;
}

const bound = (inclusive?: number | string, exclusive?: number | string): Bound | undefined =>
  exclusive !== undefined
    ? { value: String(exclusive), exclusive: true }
    : inclusive !== undefined
      ? { value: String(inclusive), exclusive: false }
      : undefined;

/** Text whose range is checked by a comparison of its own: decimals by their digits, moments as ISO text. */
function ranged<T extends Type & { min?: Bound; max?: Bound }>(
  type: T,
  compare: (a: string, b: string) => number,
) {
  const { min, max } = type;
  const inside = (text: string): boolean =>
    (!min || compare(text, min.value) >= (min.exclusive ? 1 : 0)) &&
    (!max || compare(text, max.value) <= (max.exclusive ? -1 : 0));
  return z
    .string()
    .refine(inside, { params: { reason: 'out_of_range' } })
    .meta({ wharf: type });
}

/** Free text, kept as it came. Lengths count code points. @example text({ maxLength: 80 }) */
export const text = (options: Lengths = {}): z.ZodString =>
  lengths(options).meta({ wharf: { is: 'text', patterns: [] } });

/**
 * An identifier: text that never becomes a number, so a leading zero survives. Blanks at its ends are dropped.
 * `floatText` reads `17850.0`, as spreadsheets write a number column with holes, as `17850`.
 */
export const id = ({ floatText = false, ...options }: Lengths & { floatText?: boolean } = {}): z.ZodString =>
  lengths(options).meta({ wharf: { is: 'id', floatText, patterns: [] } });

/** A whole number within ±(2^53 − 1); `5.0` is 5. */
export function int({ min, max, above, below }: Limits<number> = {}): z.ZodInt {
  let schema = z.int();
  if (min !== undefined) schema = schema.min(min);
  if (max !== undefined) schema = schema.max(max);
  if (above !== undefined) schema = schema.gt(above);
  if (below !== undefined) schema = schema.lt(below);
  return schema;
}

interface Comma {
  /** `2,50` is read as well. */
  comma?: boolean;
}

/** An exact number. More digits than it holds are refused, never rounded. In JavaScript it is text: `"12.50"`. */
export const decimal = (
  precision: number,
  scale: number,
  { min, max, above, below, comma }: Limits & Comma = {},
) =>
  ranged(
    {
      ...{ is: 'decimal', precision, scale, min: bound(min, above), max: bound(max, below) },
      ...(comma ? { comma } : {}),
    } as const,
    (a, b) => compareDecimals(a, b),
  );

/** An amount of money: 14 digits before the point, 4 after it. */
export const money = (limits: Limits & Comma = {}) => decimal(18, 4, limits);

/** A double; never infinite, never NaN. Not for money. */
export function float({ min, max, above, below }: Limits<number> = {}): z.ZodNumber {
  let schema = z.number();
  if (min !== undefined) schema = schema.min(min);
  if (max !== undefined) schema = schema.max(max);
  if (above !== undefined) schema = schema.gt(above);
  if (below !== undefined) schema = schema.lt(below);
  return schema;
}

/** `true`/`false`, also t, f, yes, no, y, n, 1, 0 in any case. */
export const boolean = (): z.ZodBoolean => z.boolean();

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** A calendar day. Formats are tried in order. @example date({ formats: ['eu'] }) // 31/01/2024 */
export const date = ({
  formats = ['iso'],
  min,
  max,
}: {
  formats?: DateFormat[];
  min?: string;
  max?: string;
} = {}) => ranged({ is: 'date', formats, min: bound(min), max: bound(max) }, byText);

/** A moment, kept in UTC with microseconds. @example instant({ formats: ['us'] }) // 12/1/2010 8:26 */
export const instant = ({
  formats = ['iso', 'date'],
  min,
  max,
}: {
  formats?: InstantFormat[];
  min?: string;
  max?: string;
} = {}) => {
  const utc = (limit?: string) =>
    limit && readMoment(limit, [instantFormats.iso, instantFormats.date], 'instant');
  return ranged({ is: 'instant', formats, min: bound(utc(min)), max: bound(utc(max)) }, byText);
};

/** A list, from JSON files or a cell that holds JSON. */
export const list = <T extends z.ZodType>(
  items: T,
  { minLength, maxLength }: { minLength?: number; maxLength?: number } = {},
): z.ZodArray<T> => {
  let schema = z.array(items);
  if (minLength !== undefined) schema = schema.min(minLength);
  if (maxLength !== undefined) schema = schema.max(maxLength);
  return schema;
};

/** Compares two decimals by their digits: exact at any size. */
export function compareDecimals(left: string, right: string): number {
  const [a, b] = [decimalParts(left), decimalParts(right)];
  const width = Math.max(a.fraction.length, b.fraction.length);
  const units = ({ negative, whole, fraction }: typeof a): bigint =>
    BigInt(`${whole}${fraction.padEnd(width, '0')}` || '0') * (negative ? -1n : 1n);
  const difference = units(a) - units(b);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

const limits = ({ min, max }: { readonly min?: Bound; readonly max?: Bound }): Limits => ({
  [min?.exclusive ? 'above' : 'min']: min?.value,
  [max?.exclusive ? 'below' : 'max']: max?.value,
});
const numbers = (of: Parameters<typeof limits>[0]): Limits<number> =>
  Object.fromEntries(
    Object.entries(limits(of)).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Number(value)]],
    ),
  );

/** The schema of a type: what these words would have made of it. */
const schemas: { readonly [K in Type['is']]: (type: Extract<Type, { is: K }>) => z.ZodType } = {
  text: (type) => patterned(text(type), type.patterns),
  id: (type) => patterned(id(type), type.patterns),
  int: (type) => int(numbers(type)),
  decimal: (type) => decimal(type.precision, type.scale, { ...limits(type), comma: type.comma }),
  float: (type) => float(numbers(type)),
  boolean: () => boolean(),
  date: (type) => date({ formats: type.formats as DateFormat[], min: type.min?.value, max: type.max?.value }),
  instant: (type) =>
    instant({ formats: type.formats as InstantFormat[], min: type.min?.value, max: type.max?.value }),
  enum: ({ values }) => z.enum(values as [string]),
  list: ({ items, ...lengths }) => list(schemaOf(items), lengths),
  object: ({ fields }) => z.object(Object.fromEntries(fields.map((field) => [field.name, zodOf(field)]))),
};

const patterned = (schema: z.ZodString, patterns: readonly string[]): z.ZodString =>
  patterns.reduce((checked, source) => checked.regex(new RegExp(source)), schema);

const schemaOf = <T extends Type>(type: T): z.ZodType =>
  (schemas[type.is] as unknown as (type: T) => z.ZodType)(type);

function valueIn(type: Type, text: string): unknown {
  if (type.is === 'list' || type.is === 'object') return JSON.parse(text);
  const read = kindOf(type).read(type, text);
  return read.ok ? read.value : undefined;
}

/** The schema of a field of the model, for fields that no declaration has. */
export function zodOf({ type, required, default: fallback }: Field): z.ZodType {
  const schema = schemaOf(type);
  if (fallback !== undefined) return schema.default(valueIn(type, fallback) as never);
  return required ? schema : schema.optional();
}

/** Where the texts of a field come from, one row a kind. Built once a field, then called for every row. */
import type { Bound, Field, Type } from '../contract/model.ts';
import { usualDays, usualNumbers, usualTexts } from './hints.ts';
import { DAY_SECONDS, dayWriter, momentWriter } from './moments.ts';
import type { Random } from './random.ts';

export interface Values {
  /** A plausible text. */
  any(random: Random): string;
  /** The nth of many different texts, from 0; for keys. */
  nth(n: number): string;
  /** How many of them are natural; absent: any number. */
  readonly size?: number;
}

type Build<T extends Type> = (type: T, field: Field, day: number) => Values;

/** How many different customers, products or stores other rows speak of. */
export const POOL = 1000;

/** `P0234` makes P0001, P0002 …; `17850` makes 10001 …: the example's letters, its width and its first digit. */
function numbered(example: string): ((n: number) => string) | undefined {
  const found = /\d{3,}(?=\D*$)/.exec(example);
  if (!found) return undefined;
  const [digits] = found;
  const [before, after] = [example.slice(0, found.index), example.slice(found.index + digits.length)];
  const start = Number(digits[0]) * 10 ** (digits.length - 1);
  return (n) => before + String(start + n).padStart(digits.length, '0') + after;
}

const id: Build<Type> = (_, { examples = ['1000'] }) => {
  const shapes = examples.map((example) => numbered(example) ?? (() => example));
  const unique = numbered(examples[0]!);
  return {
    any: (random) => random.first(shapes)(random.low(1, POOL)),
    nth: (n) => unique?.(n + 1) ?? examples[n] ?? `${examples[0]}-${n}`,
    size: unique ? undefined : examples.length,
  };
};

const text: Build<Extract<Type, { is: 'text' }>> = (_, { name, examples = usualTexts(name) }) => ({
  any: (random) => random.first(examples),
  nth: (n) => examples[n] ?? `${examples[n % examples.length]} ${n}`,
  size: examples.length,
});

/** The usual span of a field's name, inside the limits; `step` is the distance to an excluded limit. */
function span({ min, max }: { min?: Bound; max?: Bound }, name: string, step: number): [number, number] {
  const from = min ? Number(min.value) + (min.exclusive ? step : 0) : undefined;
  const to = max ? Number(max.value) - (max.exclusive ? step : 0) : undefined;
  const [low, high] = usualNumbers(name);
  const inside = (n: number) => Math.min(Math.max(n, from ?? n), to ?? n);
  return inside(low) < inside(high) ? [inside(low), inside(high)] : [from ?? to! - 100, to ?? from! + 100];
}

/** Numbers with a fixed count of digits after the point. */
function amounts(type: { min?: Bound; max?: Bound }, { name, examples }: Field, digits: number): Values {
  const unit = 10 ** digits;
  const [from, to] = span(type, name, 1 / unit).map((n) => Math.round(n * unit)) as [number, number];
  return {
    any: examples
      ? (random) => random.first(examples)
      : (random) => (random.low(from, to) / unit).toFixed(digits),
    nth: (n) => ((from + n) / unit).toFixed(digits),
  };
}

/** Shops are open from seven to ten, and full in the middle of the day. */
const secondOfDay = (random: Random): number =>
  Math.floor((7 + 15 * (random.next() + random.next()) * 0.5) * 3600);

const builders: { readonly [K in Type['is']]: Build<Extract<Type, { is: K }>> } = {
  id,
  text,
  int: (type, field) => amounts(type, field, 0),
  decimal: (type, field) => amounts(type, field, Math.min(type.scale, 2)),
  float: (type, field) => amounts(type, field, 2),
  boolean: () => ({
    any: (random) => (random.chance(0.8) ? 'true' : 'false'),
    nth: (n) => String(n % 2 === 0),
  }),
  enum: ({ values }) => ({ any: (random) => random.first(values), nth: (n) => values[n % values.length]! }),
  date: ({ formats }, { name }, day) => {
    const write = dayWriter(formats[0]!);
    const [from, to] = usualDays(name);
    return { any: (random) => write(day + random.int(from, to)), nth: (n) => write(day - n) };
  },
  instant: ({ formats }, { name }, day) => {
    const write = momentWriter(formats[0]!);
    const [from, to] = usualDays(name);
    return {
      any: (random) => write(day + random.int(from, to), secondOfDay(random)),
      nth: (n) => write(day - Math.floor(n / DAY_SECONDS), n % DAY_SECONDS),
    };
  },
  list: ({ items, minLength = 1, maxLength = 3 }, field, day) => {
    const item = valuesOf(items, { ...field, type: items }, day);
    const list = (length: number, value: () => string) =>
      `[${Array.from({ length }, () => jsonValue(items, value())).join(',')}]`;
    return {
      any: (random) =>
        list(random.int(minLength, Math.max(minLength, Math.min(maxLength, 3))), () => item.any(random)),
      nth: (n) => list(Math.max(minLength, 1), () => item.nth(n)),
    };
  },
  object: ({ fields }, _, day) => {
    const members = fields.map((field) => ({ field, values: valuesOf(field.type, field, day) }));
    const object = (value: (values: Values) => string) =>
      `{${members.map(({ field, values }) => `${JSON.stringify(field.name)}:${jsonValue(field.type, value(values))}`).join(',')}}`;
    return {
      any: (random) => object((values) => values.any(random)),
      nth: (n) => object((values) => values.nth(n)),
    };
  },
};

/** The source of a field's texts. `day` is the day the data is of, in days since 1970. */
export const valuesOf = (type: Type, field: Field, day: number): Values =>
  (builders[type.is] as Build<Type>)(type, field, day);

const jsonForms: Partial<Record<Type['is'], RegExp>> = {
  int: /^-?(0|[1-9]\d*)$/,
  decimal: /^-?(0|[1-9]\d*)(\.\d+)?$/,
  float: /^-?(0|[1-9]\d*)(\.\d+)?$/,
  boolean: /^(true|false)$/,
  list: /^\[.*\]$/s,
  object: /^\{.*\}$/s,
};

/** A text as JSON: as the number, truth value, list or object it stands for, or as text where it is none. */
export const jsonValue = ({ is }: Type, value: string): string =>
  jsonForms[is]?.test(value) ? value : JSON.stringify(value);

/** A plausible text for a field, as it would stand in a file. */
import type { Bound, Field, Type } from '../contract/model.ts';
import type { Random } from './random.ts';

export interface Context {
  readonly random: Random;
  /** Number of the row, from 0. */
  readonly row: number;
  /** The day the data is of, `2024-01-31`. */
  readonly day: string;
  /** Whether the field is the key, or the last part of it, and so must not repeat. */
  readonly unique: boolean;
}

const limit = (bound: Bound | undefined, otherwise: number, step: number): number =>
  bound === undefined ? otherwise : Number(bound.value) + (bound.exclusive ? step : 0);

const pad = (n: number): string => String(n).padStart(2, '0');

/** `P0234` and row 7 make `P0007`: the letters of the example, the digits of the number. */
function numbered(example: string, n: number): string {
  const digits = /\d+(?=\D*$)/.exec(example);
  if (!digits) return `${example}${n}`;
  const [old] = digits;
  return (
    example.slice(0, digits.index) +
    String(n).padStart(old.length, '0') +
    example.slice(digits.index + old.length)
  );
}

type Maker<T> = (type: T, field: Field, context: Context) => string;

const words: Maker<Type> = (_, field, { random, row, unique }) => {
  const examples = field.examples ?? [String(random.int(1000, 99_999))];
  return unique ? numbered(examples[0]!, row + 1) : random.pick(examples);
};

const identifier: Maker<Type> = (type, field, context) => {
  const example = field.examples?.[0];
  if (context.unique) return example ? numbered(example, context.row + 1) : String(100_000 + context.row);
  return example && field.examples!.length > 2
    ? words(type, field, context)
    : numbered(example ?? '1000', context.random.int(1, 500));
};

function decimalBetween(random: Random, min: number, max: number, digits: number): string {
  return (min + (max - min) * random.next() ** 3).toFixed(digits);
}

const time = ({ random }: Context): string =>
  `${pad(random.int(7, 21))}:${pad(random.int(0, 59))}:${pad(random.int(0, 59))}`;

const makers: { readonly [K in Type['is']]: Maker<Extract<Type, { is: K }>> } = {
  text: words,
  id: identifier,
  int: ({ min, max }, _, { random }) =>
    String(random.int(limit(min, 0, 1), Math.min(limit(max, 200, -1), limit(min, 0, 1) + 60))),
  decimal: ({ min, max }, field, { random }) =>
    field.examples
      ? random.pick(field.examples)
      : decimalBetween(random, limit(min, 0.5, 0.01), Math.min(limit(max, 4000, -0.01), 4000), 2),
  float: ({ min, max }, _, { random }) =>
    (limit(min, 0, 0.01) + random.next() * (limit(max, 100, -0.01) - limit(min, 0, 0.01))).toFixed(2),
  boolean: (_, __, { random }) => random.pick(['true', 'true', 'false']),
  date: (_, __, { day }) => day,
  instant: (_, __, context) => `${context.day}T${context.unique ? spread(context.row) : time(context)}`,
  enum: ({ values }, _, { random }) => random.pick(values),
  list: ({ items }, field, context) =>
    `[${Array.from({ length: context.random.int(1, 3) }, () => JSON.stringify(make(items, field, context))).join(',')}]`,
  object: ({ fields }, _, context) =>
    JSON.stringify(Object.fromEntries(fields.map((f) => [f.name, make(f.type, f, context)]))),
};

/** Every second of a day before any comes twice. */
const spread = (row: number): string =>
  `${pad(Math.floor(row / 3600) % 24)}:${pad(Math.floor(row / 60) % 60)}:${pad(row % 60)}`;

/** A text that the field accepts. */
export function make(type: Type, field: Field, context: Context): string {
  return (makers[type.is] as Maker<Type>)(type, field, context);
}

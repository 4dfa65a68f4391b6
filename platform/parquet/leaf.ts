/** How Parquet keeps each of Iceberg's scalar types: one row a type, from the values a judged row has. */
import type { ParquetWriter } from 'hyparquet-writer';
import { epochDay, epochMicros } from '../../core/lake/bounds.ts';

/** A line of a footer's schema, as Parquet has it. */
export type SchemaElement = ConstructorParameters<typeof ParquetWriter>[0]['schema'][number];

export type Value = string | number | boolean;

export interface Leaf {
  readonly element: Omit<SchemaElement, 'name'>;
  /** The value as the writer takes it. */
  encode(value: Value): unknown;
  compare(a: Value, b: Value): number;
}

const order = <T extends Value | bigint>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0);
/** By bytes of UTF-8, as readers compare texts; JavaScript's own order puts `🦆` below `ﬀ`. */
const byBytes = (a: Value, b: Value): number =>
  Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b)));
const same = (value: Value): Value => value;

const leaves: Readonly<Record<string, Leaf>> = {
  // Half of a surrogate pair is no character: UTF-8 has none for it.
  string: {
    element: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
    encode: (text) => String(text).toWellFormed(),
    compare: byBytes,
  },
  long: { element: { type: 'INT64' }, encode: BigInt, compare: order },
  int: { element: { type: 'INT32' }, encode: same, compare: order },
  double: { element: { type: 'DOUBLE' }, encode: same, compare: order },
  boolean: { element: { type: 'BOOLEAN' }, encode: same, compare: order },
  // Texts of days and moments have one length: their order is time's.
  date: {
    element: { type: 'INT32', converted_type: 'DATE' },
    encode: (day) => epochDay(String(day)),
    compare: order,
  },
  timestamptz: {
    element: {
      type: 'INT64',
      converted_type: 'TIMESTAMP_MICROS',
      logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' },
    },
    encode: (at) => epochMicros(String(at)),
    compare: order,
  },
};

const unscaled = (text: Value): bigint => BigInt(String(text).replace('.', ''));

/** A decimal whose text has all digits of its scale. Iceberg wants the smallest of three forms. */
function decimal(precision: number, scale: number): Leaf {
  const bytes = Math.ceil((precision * Math.log2(10) + 1) / 8);
  const form =
    precision <= 9
      ? ({ type: 'INT32' } as const)
      : precision <= 18
        ? ({ type: 'INT64' } as const)
        : ({ type: 'FIXED_LEN_BYTE_ARRAY', type_length: bytes } as const);
  return {
    element: { ...form, converted_type: 'DECIMAL', precision, scale },
    encode: unscaled,
    compare: (a, b) => order(unscaled(a), unscaled(b)),
  };
}

const known = new Map<string, Leaf>(Object.entries(leaves));

/** The row of an Iceberg type. @example leafOf('decimal(18, 4)').element.type // 'INT64' */
export function leafOf(type: string): Leaf {
  const [, precision, scale] = /^decimal\((\d+), (\d+)\)$/.exec(type) ?? [];
  const leaf = known.get(type) ?? (precision && decimal(Number(precision), Number(scale)));
  if (!leaf) throw new TypeError(`no Parquet for ${type}`);
  known.set(type, leaf);
  return leaf;
}

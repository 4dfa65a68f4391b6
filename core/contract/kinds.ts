/**
 * One row per scalar kind: how a text becomes a value, in JavaScript and in SQL, side by side. The property
 * test in test/core/contract/agreement.test.ts holds the two columns together.
 */
import type { Dialect } from './dialect.ts';
import { duckdb } from './duckdb.ts';
import {
  type DateFormat,
  dateFormats,
  type InstantFormat,
  instantFormats,
  readMoment,
  sqlMoment,
} from './formats.ts';
import type { Type } from './model.ts';
import type { RowReason } from './reasons.ts';
import { fullMatch, patterns, quote } from './text.ts';

/** Why a text is not a value of its kind. */
export type Fault = Extract<RowReason, 'type_mismatch' | 'out_of_range' | 'not_in_enum'>;

export type Read =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly fault: Fault };

export type Scalar = Exclude<Type, { is: 'list' | 'object' }>;
type Of<K extends Scalar['is']> = Extract<Scalar, { is: K }>;

interface KindRow<T> {
  /** The SQL type of the column. */
  type(type: T, dialect?: Dialect): string;
  /** The word used in `expected_<word>_got_…`. */
  readonly expected: string;
  /** Reads a trimmed, non-empty text. */
  read(type: T, text: string): Read;
  /** SQL of the value; null where {@link KindRow.read} finds a fault. */
  sql(type: T, text: string, dialect?: Dialect): string;
  /** The form most files have the value in, told without patterns; see {@link Usual}. */
  usual?(type: T): Usual | undefined;
  /** Pattern that tells `type_mismatch` (no match) from `out_of_range`; absent: always type_mismatch. */
  readonly shape?: string;
}

/**
 * A form of text that is read far cheaper than by {@link KindRow.sql}: a cast, and a proof that the cast read exactly
 * this text. A text in this form has no blanks around it. What is not proved takes the long way.
 */
export interface Usual {
  cast(text: string): string;
  /** True only where `sql` gives the same value. */
  proof(text: string, cast: string): string;
  value(text: string, cast: string): string;
}

const ok = (value: unknown): Read => ({ ok: true, value });
const fault = (name: Fault): Read => ({ ok: false, fault: name });

const SAFE = String(Number.MAX_SAFE_INTEGER);

const formatsOf = (type: Of<'date'> | Of<'instant'>) =>
  type.is === 'date'
    ? type.formats.map((name) => dateFormats[name as DateFormat])
    : type.formats.map((name) => instantFormats[name as InstantFormat]);

function readMomentOf(type: Of<'date'> | Of<'instant'>, text: string): Read {
  const moment = readMoment(text, formatsOf(type), type.is);
  return moment === undefined ? fault('type_mismatch') : ok(moment);
}

/** Digits of a decimal's text without sign, leading zeros and trailing zeros of the fraction. */
export function decimalParts(text: string): { negative: boolean; whole: string; fraction: string } {
  const [whole = '', fraction = ''] = text.replace(/^[+-]/, '').split('.');
  return {
    negative: text.startsWith('-'),
    whole: whole.replace(/^0+/, ''),
    fraction: fraction.replace(/0+$/, ''),
  };
}

function readDecimal({ comma, ...type }: Of<'decimal'>, text: string): Read {
  if (!comma || !fullMatch(text, patterns.comma)) return readPoint(type, text);
  const read = readPoint(type, text.replace(',', '.'));
  return read.ok ? read : fault('type_mismatch');
}

function readPoint({ precision, scale }: Of<'decimal'>, text: string): Read {
  if (!fullMatch(text, patterns.decimal)) return fault('type_mismatch');
  const { negative, whole, fraction } = decimalParts(text);
  if (whole.length > precision - scale || fraction.length > scale) return fault('out_of_range');
  const digits = `${whole || '0'}${scale > 0 ? `.${fraction.padEnd(scale, '0')}` : ''}`;
  return ok(negative && /[1-9]/.test(digits) ? `-${digits}` : digits);
}

/** Texts that are just what DuckDB prints for the value. */
const printed = (type: string, length?: number): Usual => ({
  cast: (text) => `TRY_CAST(${text} AS ${type})`,
  proof: (text, cast) =>
    `${length ? `strlen(${text}) = ${length} AND ` : ''}CAST(${cast} AS VARCHAR) = ${text}`,
  value: (_, cast) => cast,
});

const floatTail = '[0-9]+[.]0+';

/** The table of kinds. `list` and `object` are made of these: see sql-type.ts. */
export const kinds: { readonly [K in Scalar['is']]: KindRow<Of<K>> } = {
  text: { type: () => 'VARCHAR', expected: 'text', read: (_, text) => ok(text), sql: (_, text) => text },
  id: {
    type: () => 'VARCHAR',
    expected: 'id',
    read: ({ floatText }, text) =>
      ok(floatText && fullMatch(text, floatTail) ? text.slice(0, text.indexOf('.')) : text),
    sql: ({ floatText }, text, { fullMatch } = duckdb) =>
      floatText
        ? `CASE WHEN ${fullMatch(text, floatTail)} THEN split_part(${text}, '.', 1) ELSE ${text} END`
        : text,
    usual: ({ floatText }) =>
      floatText
        ? {
            cast: (text) => `CAST(TRY_CAST(${text} AS UBIGINT) AS VARCHAR)`,
            proof: (text, cast) => `${cast} || '.0' = ${text}`,
            value: (_, cast) => cast,
          }
        : undefined,
  },
  int: {
    type: () => 'BIGINT',
    expected: 'int',
    shape: patterns.int,
    read(_, text) {
      if (!fullMatch(text, patterns.int)) return fault('type_mismatch');
      const value = Number(text);
      return Number.isSafeInteger(value) ? ok(value + 0) : fault('out_of_range');
    },
    // Nothing but zeros stands behind the point, and not every engine reads past it.
    sql(_, text, { fullMatch } = duckdb) {
      const whole = `TRY_CAST(split_part(${text}, '.', 1) AS BIGINT)`;
      return `CASE WHEN ${fullMatch(text, patterns.int)} AND ${whole} BETWEEN -${SAFE} AND ${SAFE} THEN ${whole} END`;
    },
    usual: () => ({
      ...printed('BIGINT'),
      proof: (text, cast) => `CAST(${cast} AS VARCHAR) = ${text} AND ${cast} BETWEEN -${SAFE} AND ${SAFE}`,
    }),
  },
  decimal: {
    type: ({ precision, scale }) => `DECIMAL(${precision},${scale})`,
    expected: 'decimal',
    shape: patterns.decimal,
    read: readDecimal,
    // A cast alone would round 1.999 to 2.00: digits beyond the scale are a fault, not noise.
    sql({ precision, scale, comma }, text, { fullMatch } = duckdb) {
      const digits = `[+-]?0*([0-9]{1,${Math.max(precision - scale, 1)}}([.][0-9]{0,${scale}}0*)?|[.]${scale ? `[0-9]{1,${scale}}0*` : '0+'})`;
      const read = (point: string): string =>
        `CASE WHEN ${fullMatch(point, digits)} THEN TRY_CAST(${point} AS DECIMAL(${precision},${scale})) END`;
      if (!comma) return read(text);
      return `CASE WHEN ${fullMatch(text, patterns.comma)} THEN ${read(`replace(${text}, ',', '.')`)} ELSE ${read(text)} END`;
    },
    // 2.5 prints as 2.5000: the start of what is printed can only be a plain number.
    usual: ({ precision, scale }) => ({
      ...printed(`DECIMAL(${precision},${scale})`),
      proof: (text, cast) => `starts_with(CAST(${cast} AS VARCHAR), ${text})`,
    }),
  },
  float: {
    type: () => 'DOUBLE',
    expected: 'float',
    shape: patterns.float,
    read(_, text) {
      if (!fullMatch(text, patterns.float)) return fault('type_mismatch');
      const value = Number(text);
      return Number.isFinite(value) ? ok(value) : fault('out_of_range');
    },
    sql: (_, text, { fullMatch } = duckdb) =>
      `CASE WHEN ${fullMatch(text, patterns.float)} AND abs(TRY_CAST(${text} AS DOUBLE)) <= ${Number.MAX_VALUE} THEN TRY_CAST(${text} AS DOUBLE) END`,
    usual: () => ({
      ...printed('DOUBLE'),
      proof: (text, cast) => `CAST(${cast} AS VARCHAR) IN (${text}, ${text} || '.0') AND isfinite(${cast})`,
    }),
  },
  boolean: {
    type: () => 'BOOLEAN',
    expected: 'boolean',
    read: (_, text) =>
      fullMatch(text, patterns.boolean) ? ok('ty1'.includes(text[0]!.toLowerCase())) : fault('type_mismatch'),
    sql: (_, text, { fullMatch } = duckdb) =>
      `CASE WHEN ${fullMatch(text, patterns.boolean)} THEN lower(substr(${text}, 1, 1)) IN ('t', 'y', '1') END`,
  },
  date: {
    type: () => 'DATE',
    expected: 'date',
    read: readMomentOf,
    sql: (type, text, dialect = duckdb) => sqlMoment(text, formatsOf(type), 'DATE', dialect),
    usual: (type) => (type.formats.includes('iso') ? printed('DATE', 10) : undefined),
  },
  instant: {
    type: (_, { instant } = duckdb) => instant,
    expected: 'instant',
    read: readMomentOf,
    sql: (type, text, dialect = duckdb) => sqlMoment(text, formatsOf(type), dialect.instant, dialect),
    // Casts to TIMESTAMPTZ go through ICU; a plain timestamp does not.
    usual: (type) =>
      type.formats.includes('iso')
        ? { ...printed('TIMESTAMP', 19), value: (_, cast) => `make_timestamptz(epoch_us(${cast}))` }
        : undefined,
  },
  enum: {
    type: () => 'VARCHAR',
    expected: 'enum',
    read: ({ values }, text) => (values.includes(text) ? ok(text) : fault('not_in_enum')),
    sql: ({ values }, text) => `CASE WHEN ${text} IN (${values.map(quote).join(', ')}) THEN ${text} END`,
    usual: ({ values }) => ({
      cast: (text) => text,
      proof: (text) => `${text} IN (${values.map(quote).join(', ')})`,
      value: (text) => text,
    }),
  },
};

/** The row of a type's kind, typed for it. */
export const kindOf = <T extends Scalar>(type: T): KindRow<T> => kinds[type.is] as unknown as KindRow<T>;

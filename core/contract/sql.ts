/**
 * The contract as SQL: for each field the typed value, a cheap test that it is fine, and the reasons it is not.
 * Works on any relation that offers each field's text; see {@link TextColumn}.
 */
import type { Dialect } from './dialect.ts';
import { duckdb } from './duckdb.ts';
import { kindOf } from './kinds.ts';
import type { Contract, Field } from './model.ts';
import { reason } from './reasons.ts';
import { type Operand, toSql } from './rules.ts';
import { checks, listOf, momentAt, type TextColumn, typeSql } from './sql-type.ts';
import { ident, quote } from './text.ts';

/** A field as SQL over the columns {@link typedSql} adds. */
export interface FieldSql {
  readonly field: Field;
  /** Columns that lead to the value, in steps: each step may use the columns of the steps before. */
  readonly steps: readonly (readonly [column: string, sql: string])[];
  /** True where the value is accepted; cheap, as it runs on every row. */
  readonly fine: string;
  /** A list of reasons; runs on refused rows only. */
  readonly reasons: string;
}

const column =
  (what: string) =>
  (field: Field): string =>
    ident(`${what} ${field.name}`);
/** The text as it stands in the file. */
const givenName = column('given');
const castName = column('cast');
/** Whether the text is in its kind's usual form, so that the cast is the value. */
const usualName = column('usual');
/** The text without blanks around it, null where nothing is left, the default in its place. */
export const textName = column('text');
export const valueName = column('value');

/** A relation with each field's text and value added. */
export function typedSql(from: string, fields: readonly FieldSql[]): string {
  const depth = Math.max(...fields.map(({ steps }) => steps.length));
  const added = Array.from({ length: depth }, (_, i) =>
    fields.flatMap(({ steps }) => (steps[i] ? [steps[i]] : [])),
  );
  return added.reduce(
    (inner, columns) =>
      `SELECT *, ${columns.map(([name, sql]) => `${sql} AS ${name}`).join(', ')} FROM (${inner})`,
    from,
  );
}

/** How a field's text becomes its value; fields in their usual form skip trimming and patterns. */
function stepsOf(
  field: Field,
  { sql, container }: TextColumn,
  long: string,
  dialect: Dialect,
): FieldSql['steps'] {
  const { type } = field;
  const [cast, usual, text, value] = [castName, usualName, textName, valueName].map((name) =>
    name(field),
  ) as [string, string, string, string];
  // Each step costs time to plan: a column of the file needs no other name.
  const isColumn = sql !== undefined && /^\w+$/.test(sql);
  const given = isColumn ? sql : givenName(field);
  const withDefault = (found: string): string =>
    field.default === undefined ? found : `coalesce(${found}, ${quote(field.default)})`;
  if (sql === undefined)
    return [
      [text, withDefault('CAST(NULL AS VARCHAR)')],
      [value, long],
    ];
  const scalar = type.is !== 'list' && type.is !== 'object';
  const form = scalar && dialect.usual ? kindOf(type).usual?.(type) : undefined;
  const trimmed = type.is === 'text' ? `nullif(${given}, '')` : dialect.trim(given);
  const start: FieldSql['steps'] = isColumn ? [] : [[given, sql]];
  if (!form) return [...start, [text, withDefault(trimmed)], [value, long]];
  const proof = form.proof(given, cast);
  return [
    ...start,
    [cast, form.cast(given)],
    [usual, container ? `${proof} AND NOT ${container}` : proof],
    [text, withDefault(`CASE WHEN ${usual} THEN ${given} ELSE ${trimmed} END`)],
    [value, `CASE WHEN ${usual} THEN ${form.value(given, cast)} ELSE ${long} END`],
  ];
}

/** One field as SQL. */
export function fieldSql(field: Field, column: TextColumn, dialect: Dialect = duckdb): FieldSql {
  const { type } = field;
  const [text, value] = [textName(field), valueName(field)];
  const { value: long, reasons } = typeSql(type, field.name, text, column.container, 0, dialect);
  const scalar = type.is !== 'list' && type.is !== 'object';
  const passes = scalar
    ? [`${value} IS NOT NULL`, ...checks(type, value, dialect).map(({ fails }) => `NOT (${fails})`)].join(
        ' AND ',
      )
    : `${dialect.size(reasons(value))} = 0`;
  const missing = reason(
    column.sql === undefined ? 'missing_required_column' : 'missing_required_value',
    field.name,
  );
  return {
    field,
    steps: stepsOf(field, column, long, dialect),
    fine: field.required ? `(${text} IS NOT NULL AND ${passes})` : `(${text} IS NULL OR (${passes}))`,
    reasons: `CASE WHEN ${text} IS NULL THEN ${field.required ? dialect.list([quote(missing)]) : dialect.none} ELSE ${reasons(value)} END`,
  };
}

export interface RulesSql {
  /** True where no rule is broken (true or unknown). */
  readonly fine: string;
  readonly reasons: string;
}

/** All rules of a contract over the columns {@link valueName}. */
export function rulesSql({ rules, fields }: Contract, dialect: Dialect = duckdb): RulesSql {
  const fieldOf = (name: string): Field => fields.find((f) => f.name === name)!;
  // A text beside a moment is one, and says so: not every engine casts it by itself.
  const text = (literal: string, beside: Operand | undefined): string => {
    const is = beside && 'field' in beside ? fieldOf(beside.field).type.is : undefined;
    return is === 'date' || is === 'instant' ? momentAt(is, literal, dialect) : quote(literal);
  };
  const tests = rules.map((rule) => ({
    rule,
    holds: toSql(rule.test, (name) => valueName(fieldOf(name)), text),
  }));
  return {
    fine: tests.length ? tests.map(({ holds }) => `coalesce(${holds}, true)`).join(' AND ') : 'true',
    reasons: listOf(
      dialect,
      ...tests.map(
        ({ rule, holds }) => `CASE WHEN NOT ${holds} THEN ${quote(reason('rule_failed', rule.name))} END`,
      ),
    ),
  };
}

/** What is judged: where each field's text stands, and which records are none. */
export interface Judged {
  column(field: Field): TextColumn;
  /** SQL that is true for a record that cannot be split into fields. */
  readonly malformed: string;
  /** Fields there is no column for. */
  readonly missing: readonly string[];
}

/** Whether a repeated key matters. */
export const looksForKeys = ({ key, duplicates }: Contract): boolean =>
  key.length > 0 && duplicates.keys !== 'keep';

export const fieldsSql = (contract: Contract, judged: Judged, dialect: Dialect = duckdb): FieldSql[] =>
  contract.fields.map((field) => fieldSql(field, judged.column(field), dialect));

/** True for a record that keeps the contract, duplicates aside. Over the columns of {@link typedSql}. */
export function fineSql(
  contract: Contract,
  { malformed, missing }: Judged,
  fields: readonly FieldSql[],
  dialect: Dialect = duckdb,
): string {
  const required = new Set(contract.fields.filter((f) => f.required).map((f) => f.name));
  if (missing.some((name) => required.has(name))) return 'false';
  return [`NOT (${malformed})`, ...fields.map((f) => f.fine), rulesSql(contract, dialect).fine].join(' AND ');
}

/** All reasons a record does not keep the contract, duplicates aside. */
export function faultsSql(
  contract: Contract,
  { malformed }: Judged,
  fields: readonly FieldSql[],
  dialect: Dialect = duckdb,
): string {
  const all = dialect.list([...fields.map((f) => f.reasons), rulesSql(contract, dialect).reasons]);
  return `CASE WHEN ${malformed} THEN ${dialect.list([quote(reason('malformed_row'))])} ELSE flatten(${all}) END`;
}

/** The value received for a reason: the text of the field it names; null for rules and whole rows. */
export const receivedSql = (fields: readonly FieldSql[], dialect: Dialect = duckdb): string =>
  dialect.map(
    'reasons',
    'r',
    `CASE regexp_extract(r, '^(?:missing_required_value|type_mismatch|out_of_range|not_in_enum|pattern_mismatch):([a-z0-9_]+)', 1) ${fields
      .map(({ field }) => `WHEN ${quote(field.name)} THEN ${textName(field)}`)
      .join(' ')} END`,
  );

/**
 * The contract as DuckDB SQL: for each field the typed value, a cheap test that it is fine, and the reasons it is not.
 * Works on any relation that offers each field's text; see {@link TextColumn}.
 */
import { type Fault, kindOf, type Scalar } from './kinds.ts';
import type { Bound, Contract, Field, Type } from './model.ts';
import { reason } from './reasons.ts';
import { toRe2 } from './regex.ts';
import { toSql } from './rules.ts';
import { ident, quote, sqlFullMatch, sqlLooksLike, sqlTrim } from './text.ts';

/** Where a field's text stands in the relation that is judged. */
export interface TextColumn {
  /** SQL of the text, untrimmed; undefined where the file has no such column. */
  readonly sql?: string;
  /** SQL that is true where the text is really a JSON object or list; absent for formats that have none. */
  readonly container?: string;
}

/** A field as SQL over the columns {@link typedSql} adds. */
export interface FieldSql {
  readonly field: Field;
  /** Columns that lead to the value, in steps: each step may use the columns of the steps before. */
  readonly steps: readonly (readonly [column: string, sql: string])[];
  /** True where the value is accepted; cheap, as it runs on every row. */
  readonly fine: string;
  /** A VARCHAR[] of reasons; runs on refused rows only. */
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

/** The DuckDB type a field has in the table. */
export function duckdbType(type: Type): string {
  if (type.is === 'list') return `${duckdbType(type.items)}[]`;
  if (type.is === 'object')
    return `STRUCT(${type.fields.map((f) => `${ident(f.name)} ${duckdbType(f.type)}`).join(', ')})`;
  return kindOf(type).duckdb(type);
}

const literal = (type: Scalar, { value }: Bound): string =>
  type.is === 'int' || type.is === 'float' || type.is === 'decimal'
    ? value
    : `${kindOf(type).duckdb(type)} ${quote(value)}`;

/** The checks on a value that was read: reason code and the SQL that is true where the check fails. */
function checks(type: Type, value: string): { code: 'out_of_range' | 'pattern_mismatch'; fails: string }[] {
  const range: string[] = [];
  if ('min' in type && type.min)
    range.push(`${value} ${type.min.exclusive ? '<=' : '<'} ${literal(type, type.min)}`);
  if ('max' in type && type.max)
    range.push(`${value} ${type.max.exclusive ? '>=' : '>'} ${literal(type, type.max)}`);
  const size = type.is === 'list' ? `len(${value})` : `length(${value})`;
  if ('minLength' in type && type.minLength !== undefined) range.push(`${size} < ${type.minLength}`);
  if ('maxLength' in type && type.maxLength !== undefined) range.push(`${size} > ${type.maxLength}`);
  const patterns = 'patterns' in type ? type.patterns : [];
  return [
    ...range.map((fails) => ({ code: 'out_of_range' as const, fails })),
    ...patterns.map((p) => ({
      code: 'pattern_mismatch' as const,
      fails: `NOT regexp_matches(${value}, ${quote(toRe2(new RegExp(p), 'pattern'))})`,
    })),
  ];
}

const mismatch = (path: string, expected: string, text: string): string =>
  `${quote(`type_mismatch:${path}:expected_${expected}_got_`)} || ${sqlLooksLike(text)}`;

/** Why a non-null text could not be read, as a VARCHAR. */
function readFault(type: Scalar, path: string, text: string): string {
  const { shape, expected } = kindOf(type);
  const named = (fault: Fault) => quote(reason(fault, path));
  if (type.is === 'enum') return named('not_in_enum');
  const asMismatch = mismatch(path, expected, text);
  return shape
    ? `CASE WHEN ${sqlFullMatch(text, shape)} THEN ${named('out_of_range')} ELSE ${asMismatch} END`
    : asMismatch;
}

const listOf = (...cases: string[]): string => `list_filter([${cases.join(', ')}], lambda r: r IS NOT NULL)`;

/** SQL of the value and of the reasons for one type, given SQL of its (non-empty or null) text. Recursive. */
interface TypeSql {
  readonly value: string;
  /** VARCHAR[]; empty when all is well. `read` is SQL of the value. Only asked where the text is not null. */
  reasons(read: string): string;
}

function typeSql(
  type: Type,
  path: string,
  text: string,
  container: string | undefined,
  depth: number,
): TypeSql {
  if (type.is === 'list') return listSql(type, path, text, depth);
  if (type.is === 'object') return objectSql(type, path, text, depth);
  const read = kindOf(type).sql(type, text);
  return {
    value: container ? `CASE WHEN NOT ${container} THEN ${read} END` : read,
    reasons: (value) => {
      const unread = readFault(type, path, text);
      const fault = container
        ? `CASE WHEN ${container} THEN ${mismatch(path, kindOf(type).expected, text)} ELSE ${unread} END`
        : unread;
      return listOf(
        `CASE WHEN ${value} IS NULL THEN ${fault} END`,
        ...checks(type, value).map(
          ({ code, fails }) => `CASE WHEN ${fails} THEN ${quote(reason(code, path))} END`,
        ),
      );
    },
  };
}

const isJson = (text: string, json: 'ARRAY' | 'OBJECT'): string =>
  `(${sqlFullMatch(text, json === 'ARRAY' ? '(?s:\\[.*\\])' : '(?s:[{].*[}])')} AND CASE WHEN json_valid(${text}) THEN json_type(${text}) = '${json}' ELSE false END)`;

/** A field inside JSON: its text and whether it is a container, given SQL of the JSON text it stands in. */
export function jsonText(json: string, pointer: string, type: Type): Required<TextColumn> {
  const at = quote(pointer);
  const text = `json_extract_string(${json}, ${at})`;
  return {
    sql: type.is === 'text' ? `nullif(${text}, '')` : sqlTrim(text),
    container: `coalesce(json_type(${json}, ${at}) IN ('OBJECT', 'ARRAY'), false)`,
  };
}

/** A JSON pointer to one key. @example pointer('a/b') // '/a~1b' */
export const pointer = (key: string): string => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;

function listSql(type: Type & { is: 'list' }, path: string, text: string, depth: number): TypeSql {
  const element = `e${depth}`;
  const isList = isJson(text, 'ARRAY');
  const elements = `json_extract(${text}, '$[*]')`;
  const inner = jsonText(element, '', type.items);
  const { value, reasons } = typeSql(type.items, `${path}[]`, inner.sql, inner.container, depth + 1);
  const each = `CASE WHEN ${inner.sql} IS NULL THEN [${quote(reason('missing_required_value', `${path}[]`))}] ELSE ${reasons(value)} END`;
  return {
    value: `CASE WHEN ${isList} THEN CAST(list_transform(${elements}, lambda ${element}: ${value}) AS ${duckdbType(type)}) END`,
    reasons: (read) => {
      const sizes = listOf(
        'NULL::VARCHAR',
        ...checks(type, read).map(
          ({ code, fails }) => `CASE WHEN ${fails} THEN ${quote(reason(code, path))} END`,
        ),
      );
      const inside = `list_distinct(flatten(list_transform(${elements}, lambda ${element}: ${each})))`;
      // As in zod, the elements of a list of the wrong length are not looked at.
      const all = `CASE WHEN len(${sizes}) > 0 THEN ${sizes} ELSE ${inside} END`;
      return `CASE WHEN ${isList} THEN ${all} ELSE [${mismatch(path, 'list', text)}] END`;
    },
  };
}

function objectSql(type: Type & { is: 'object' }, path: string, text: string, depth: number): TypeSql {
  const isObject = isJson(text, 'OBJECT');
  const members = type.fields.map((field) => {
    const member = jsonText(text, pointer(field.name), field.type);
    const memberPath = `${path}.${field.name}`;
    const present =
      field.default === undefined ? member.sql : `coalesce(${member.sql}, ${quote(field.default)})`;
    const { value, reasons } = typeSql(field.type, memberPath, present, member.container, depth + 1);
    const missing = field.required
      ? `[${quote(reason('missing_required_value', memberPath))}]`
      : '[]::VARCHAR[]';
    return {
      field,
      value,
      reasons: `CASE WHEN ${present} IS NULL THEN ${missing} ELSE ${reasons(value)} END`,
    };
  });
  const packed = members.map(({ field, value }) => `${ident(field.name)} := ${value}`).join(', ');
  return {
    value: `CASE WHEN ${isObject} THEN struct_pack(${packed}) END`,
    reasons: () =>
      `CASE WHEN ${isObject} THEN list_distinct(flatten([${members.map((m) => m.reasons).join(', ')}])) ELSE [${mismatch(path, 'object', text)}] END`,
  };
}

/** How a field's text becomes its value; fields in their usual form skip trimming and patterns. */
function stepsOf(field: Field, { sql, container }: TextColumn, long: string): FieldSql['steps'] {
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
  const form = type.is === 'list' || type.is === 'object' ? undefined : kindOf(type).usual?.(type);
  const trimmed = type.is === 'text' ? `nullif(${given}, '')` : sqlTrim(given);
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
export function fieldSql(field: Field, column: TextColumn): FieldSql {
  const { type } = field;
  const [text, value] = [textName(field), valueName(field)];
  const { value: long, reasons } = typeSql(type, field.name, text, column.container, 0);
  const scalar = type.is !== 'list' && type.is !== 'object';
  const passes = scalar
    ? [`${value} IS NOT NULL`, ...checks(type, value).map(({ fails }) => `NOT (${fails})`)].join(' AND ')
    : `len(${reasons(value)}) = 0`;
  const missing = reason(
    column.sql === undefined ? 'missing_required_column' : 'missing_required_value',
    field.name,
  );
  return {
    field,
    steps: stepsOf(field, column, long),
    fine: field.required ? `(${text} IS NOT NULL AND ${passes})` : `(${text} IS NULL OR (${passes}))`,
    reasons: `CASE WHEN ${text} IS NULL THEN ${field.required ? `[${quote(missing)}]` : '[]::VARCHAR[]'} ELSE ${reasons(value)} END`,
  };
}

export interface RulesSql {
  /** True where no rule is broken (true or unknown). */
  readonly fine: string;
  readonly reasons: string;
}

/** All rules of a contract over the columns {@link valueName}. */
export function rulesSql({ rules, fields }: Contract): RulesSql {
  const column = (name: string): string => valueName(fields.find((f) => f.name === name)!);
  const tests = rules.map((rule) => ({ rule, holds: toSql(rule.test, column) }));
  return {
    fine: tests.length ? tests.map(({ holds }) => `(${holds}) IS NOT FALSE`).join(' AND ') : 'true',
    reasons: listOf(
      'NULL::VARCHAR',
      ...tests.map(
        ({ rule, holds }) =>
          `CASE WHEN (${holds}) IS FALSE THEN ${quote(reason('rule_failed', rule.name))} END`,
      ),
    ),
  };
}

/** The value received for a reason: the text of the field it names; null for rules and whole rows. */
export const receivedSql = (fields: readonly FieldSql[]): string =>
  `list_transform(reasons, lambda r: CASE regexp_extract(r, '^(?:missing_required_value|type_mismatch|out_of_range|not_in_enum|pattern_mismatch):([a-z0-9_]+)', 1) ${fields
    .map(({ field }) => `WHEN ${quote(field.name)} THEN ${textName(field)}`)
    .join(' ')} END)`;

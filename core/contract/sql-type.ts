/** One type as DuckDB SQL: the value of a text, the checks on it, and the reasons it fails. Lists and objects recurse. */
import { type Fault, kindOf, type Scalar } from './kinds.ts';
import type { Bound, Type } from './model.ts';
import { reason } from './reasons.ts';
import { toRe2 } from './regex.ts';
import { ident, quote, sqlFullMatch, sqlLooksLike, sqlTrim } from './text.ts';

/** Where a field's text stands in the relation that is judged. */
export interface TextColumn {
  /** SQL of the text, untrimmed; undefined where the file has no such column. */
  readonly sql?: string;
  /** SQL that is true where the text is really a JSON object or list; absent for formats that have none. */
  readonly container?: string;
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
export function checks(
  type: Type,
  value: string,
): { code: 'out_of_range' | 'pattern_mismatch'; fails: string }[] {
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

/** A VARCHAR[] of those of the cases that are not null. */
export const listOf = (...cases: string[]): string =>
  `list_filter([${cases.join(', ')}], lambda r: r IS NOT NULL)`;

/** SQL of the value and of the reasons for one type, given SQL of its (non-empty or null) text. Recursive. */
interface TypeSql {
  readonly value: string;
  /** VARCHAR[]; empty when all is well. `read` is SQL of the value. Only asked where the text is not null. */
  reasons(read: string): string;
}

export function typeSql(
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

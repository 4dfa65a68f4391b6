/** One type as SQL: the value of a text, the checks on it, and the reasons it fails. Lists and objects recurse. */
import { type Dialect, isTrimmed, type Json } from './dialect.ts';
import { duckdb } from './duckdb.ts';
import { type Fault, kindOf, type Scalar } from './kinds.ts';
import type { Bound, Type } from './model.ts';
import { reason } from './reasons.ts';
import { ident, quote, sqlLooksLike } from './text.ts';

/** Where a field's text stands in the relation that is judged. */
export interface TextColumn {
  /** SQL of the text, untrimmed; undefined where the file has no such column. */
  readonly sql?: string;
  /** SQL that is true where the text is really a JSON object or list; absent for formats that have none. */
  readonly container?: string;
}

/** The SQL type a field has in the table. */
export function sqlType(type: Type, dialect: Dialect = duckdb): string {
  if (type.is === 'list') return dialect.listType(sqlType(type.items, dialect));
  if (type.is === 'object')
    return dialect.structType(
      type.fields.map((f) => `${ident(f.name)} ${sqlType(f.type, dialect)}`).join(', '),
    );
  return kindOf(type).type(type, dialect);
}

/** A moment as a literal of its type. */
export const momentAt = (is: 'date' | 'instant', iso: string, dialect: Dialect): string =>
  is === 'date' ? `DATE ${quote(iso)}` : dialect.instantAt(iso);

const literal = ({ is }: Scalar, { value }: Bound, dialect: Dialect): string =>
  is === 'date' || is === 'instant' ? momentAt(is, value, dialect) : value;

/** The checks on a value that was read: reason code and the SQL that is true where the check fails. */
export function checks(
  type: Type,
  value: string,
  dialect: Dialect,
): { code: 'out_of_range' | 'pattern_mismatch'; fails: string }[] {
  const range: string[] = [];
  if ('min' in type && type.min)
    range.push(`${value} ${type.min.exclusive ? '<=' : '<'} ${literal(type, type.min, dialect)}`);
  if ('max' in type && type.max)
    range.push(`${value} ${type.max.exclusive ? '>=' : '>'} ${literal(type, type.max, dialect)}`);
  const size = type.is === 'list' ? dialect.size(value) : `length(${value})`;
  if ('minLength' in type && type.minLength !== undefined) range.push(`${size} < ${type.minLength}`);
  if ('maxLength' in type && type.maxLength !== undefined) range.push(`${size} > ${type.maxLength}`);
  const patterns = 'patterns' in type ? type.patterns : [];
  return [
    ...range.map((fails) => ({ code: 'out_of_range' as const, fails })),
    ...patterns.map((p) => ({
      code: 'pattern_mismatch' as const,
      fails: `NOT ${dialect.matches(value, p)}`,
    })),
  ];
}

const mismatch = (path: string, expected: string, text: string, dialect: Dialect): string =>
  `${quote(`type_mismatch:${path}:expected_${expected}_got_`)} || ${sqlLooksLike(text, dialect.fullMatch)}`;

/** Why a non-null text could not be read, as a VARCHAR. */
function readFault(type: Scalar, path: string, text: string, dialect: Dialect): string {
  const { shape, expected } = kindOf(type);
  const named = (fault: Fault) => quote(reason(fault, path));
  if (type.is === 'enum') return named('not_in_enum');
  const asMismatch = mismatch(path, expected, text, dialect);
  return shape
    ? `CASE WHEN ${dialect.fullMatch(text, shape)} THEN ${named('out_of_range')} ELSE ${asMismatch} END`
    : asMismatch;
}

/** A VARCHAR[] of those of the cases that are not null. */
export const listOf = (dialect: Dialect, ...cases: string[]): string =>
  dialect.notNull(dialect.list(['CAST(NULL AS VARCHAR)', ...cases]));

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
  dialect: Dialect,
): TypeSql {
  if (type.is === 'list') return listSql(type, path, text, depth, dialect);
  if (type.is === 'object') return objectSql(type, path, text, depth, dialect);
  const read = kindOf(type).sql(type, text, dialect);
  return {
    value: container ? `CASE WHEN NOT ${container} THEN ${read} END` : read,
    reasons: (value) => {
      const unread = readFault(type, path, text, dialect);
      const fault = container
        ? `CASE WHEN ${container} THEN ${mismatch(path, kindOf(type).expected, text, dialect)} ELSE ${unread} END`
        : unread;
      return listOf(
        dialect,
        `CASE WHEN ${value} IS NULL THEN ${fault} END`,
        ...checks(type, value, dialect).map(
          ({ code, fails }) => `CASE WHEN ${fails} THEN ${quote(reason(code, path))} END`,
        ),
      );
    },
  };
}

/** A field inside JSON: its text and whether it is a container, given SQL of the JSON text it stands in. */
export function jsonText(
  json: string,
  key: string | undefined,
  type: Type,
  dialect: Dialect = duckdb,
): Required<TextColumn> {
  const { text, container } = dialect.jsonText(json, key);
  return { sql: isTrimmed(type) ? dialect.trim(text) : `nullif(${text}, '')`, container };
}

/** What is found inside, where the text is of such JSON; and where it is not, that it is not. */
const inJson = (json: Json, path: string, text: string, inside: string, dialect: Dialect): string =>
  `CASE WHEN ${dialect.isJson(text, json)} THEN ${inside} ELSE ${dialect.list([mismatch(path, json === 'ARRAY' ? 'list' : 'object', text, dialect)])} END`;

/** What is asked of more than once, under names: engines would work it out each time, and refuse what grows too long. */
const bound = (columns: readonly Required<TextColumn>[], dialect: Dialect): string => {
  const members = columns.flatMap(({ sql, container }, i) => [
    [`t${i}`, sql, 'VARCHAR'] as const,
    [`c${i}`, container, 'BOOLEAN'] as const,
  ]);
  const type = dialect.structType(members.map(([name, , is]) => `${ident(name)} ${is}`).join(', '));
  return dialect.struct(
    members.map(([name, sql]) => [name, sql]),
    type,
  );
};

/** The columns {@link bound} has under a name. */
const ofBound = (name: string, i: number): Required<TextColumn> => ({
  sql: `${name}.t${i}`,
  container: `${name}.c${i}`,
});

function listSql(
  type: Type & { is: 'list' },
  path: string,
  text: string,
  depth: number,
  dialect: Dialect,
): TypeSql {
  const element = `e${depth}`;
  const found = jsonText(element, undefined, type.items, dialect);
  const elements = dialect.map(dialect.elements(text), element, bound([found], dialect));
  const inner = ofBound(element, 0);
  const { value, reasons } = typeSql(type.items, `${path}[]`, inner.sql, inner.container, depth + 1, dialect);
  const missing = dialect.list([quote(reason('missing_required_value', `${path}[]`))]);
  const each = `CASE WHEN ${inner.sql} IS NULL THEN ${missing} ELSE ${reasons(value)} END`;
  return {
    value: `CASE WHEN ${dialect.isJson(text, 'ARRAY')} THEN CAST(${dialect.map(elements, element, value)} AS ${sqlType(type, dialect)}) END`,
    reasons: (read) => {
      const sizes = listOf(
        dialect,
        ...checks(type, read, dialect).map(
          ({ code, fails }) => `CASE WHEN ${fails} THEN ${quote(reason(code, path))} END`,
        ),
      );
      const inside = dialect.distinct(`flatten(${dialect.map(elements, element, each)})`);
      // As in zod, the elements of a list of the wrong length are not looked at.
      const all = `CASE WHEN ${dialect.size(sizes)} > 0 THEN ${sizes} ELSE ${inside} END`;
      return inJson('ARRAY', path, text, all, dialect);
    },
  };
}

function objectSql(
  type: Type & { is: 'object' },
  path: string,
  text: string,
  depth: number,
  dialect: Dialect,
): TypeSql {
  const name = `o${depth}`;
  const found = type.fields.map((field) => jsonText(text, field.name, field.type, dialect));
  const texts = dialect.list([bound(found, dialect)]);
  /** Over the members' texts. */
  const over = (body: string): string => `(${dialect.map(texts, name, body)})[1]`;
  const members = type.fields.map((field, i) => {
    const member = ofBound(name, i);
    const memberPath = `${path}.${field.name}`;
    const present =
      field.default === undefined ? member.sql : `coalesce(${member.sql}, ${quote(field.default)})`;
    const { value, reasons } = typeSql(field.type, memberPath, present, member.container, depth + 1, dialect);
    const missing = field.required
      ? dialect.list([quote(reason('missing_required_value', memberPath))])
      : dialect.none;
    return {
      value: [field.name, value] as const,
      reasons: `CASE WHEN ${present} IS NULL THEN ${missing} ELSE ${reasons(value)} END`,
    };
  });
  const packed = dialect.struct(
    members.map(({ value }) => value),
    sqlType(type, dialect),
  );
  const inside = dialect.distinct(`flatten(${dialect.list(members.map((m) => m.reasons))})`);
  return {
    value: `CASE WHEN ${dialect.isJson(text, 'OBJECT')} THEN ${over(packed)} END`,
    reasons: () => inJson('OBJECT', path, text, over(inside), dialect),
  };
}

/**
 * Which expressions may mend a record: they compute a value from the record's own fields, and do nothing else. What an
 * expression is, DuckDB's own parser says (`json_serialize_sql`); what is not listed here is refused.
 */
import { suggest } from '../contract/suggest.ts';
import { WharfError } from '../errors.ts';

/** What the parser makes of a text. */
export interface Parsed {
  readonly error: boolean;
  readonly error_message?: string;
  readonly statements?: readonly { readonly node: Node }[];
}

type Node = Readonly<Record<string, unknown>>;

/** Kinds of expression. No subquery, window, lambda, parameter or star is among them. */
const classes = new Set([
  'CONSTANT',
  'COLUMN_REF',
  'FUNCTION',
  'OPERATOR',
  'COMPARISON',
  'CONJUNCTION',
]).union(new Set(['CASE', 'CAST', 'BETWEEN', 'COLLATE']));

const operators = '+ - * / // % ** ^ || ~~ !~~ ~~* !~~* ~~~ ~ -> ->>';
const numbers =
  'abs ceil ceiling floor round trunc sign sqrt pow power mod greatest least add subtract multiply divide';
const texts =
  'lower upper trim ltrim rtrim replace translate substring substr left right lpad rpad length strlen concat concat_ws reverse split_part string_split starts_with ends_with prefix suffix contains instr position strpos strip_accents nfc_normalize ascii chr unicode format printf like_escape not_like_escape ilike_escape not_ilike_escape';
const patterns =
  'regexp_replace regexp_extract regexp_matches regexp_full_match regexp_split_to_array regexp_escape';
const moments =
  'strptime try_strptime strftime date_trunc date_part datepart date_add date_sub date_diff datediff make_date make_timestamp make_timestamptz to_timestamp epoch epoch_ms epoch_us year month day hour minute second last_day timezone to_years to_months to_weeks to_days to_hours to_minutes to_seconds';
const others =
  'coalesce ifnull nullif if case isnan isfinite list_value array_extract list_extract list_element list_contains len array_to_string list_aggr struct_extract struct_pack row map json json_object json_array json_extract json_extract_string json_extract_path json_extract_path_text json_merge_patch json_keys json_valid json_type to_json hash md5 sha256';

/** Functions that compute from what they are given, the same each time. */
const functions = new Set(
  [operators, numbers, texts, patterns, moments, others].flatMap((line) => line.split(' ')),
);

const refused = (what: string, fix: string): WharfError =>
  new WharfError(what, { code: 'replay.invalid_sql', route: 'usage', fix });

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null;

const nothing = (value: unknown): boolean =>
  value === null || value === undefined || (isNode(value) && Object.values(value).every(nothing));

/** What a bare `SELECT <expression>` has none of. */
const clauses = [
  'modifiers',
  'cte_map',
  'where_clause',
  'group_expressions',
  'group_sets',
  'having',
  'sample',
  'qualify',
];

/**
 * Makes sure that what was parsed is one expression over the columns given.
 * @param parsed of `SELECT <sql>`
 * @param columns what it may name; those with a list under them are records with these members
 * @throws WharfError `replay.invalid_sql`
 */
export function requireExpression(
  parsed: Parsed,
  sql: string,
  columns: Readonly<Record<string, readonly string[] | undefined>>,
): void {
  const form = `Write one expression over the fields of the record, such as: abs(price)`;
  if (parsed.error) throw refused(`"${sql}" is no expression: ${parsed.error_message}`, form);
  const [statement, ...more] = parsed.statements ?? [];
  const { node = {} } = statement ?? {};
  const list = node.select_list as readonly unknown[] | undefined;
  const bare =
    more.length === 0 &&
    node.type === 'SELECT_NODE' &&
    list?.length === 1 &&
    (node.from_table as Node).type === 'EMPTY' &&
    clauses.every((clause) => nothing(node[clause]));
  if (!bare) throw refused(`"${sql}" is more than one expression`, form);
  walk(list![0], columns);
}

function walk(value: unknown, columns: Parameters<typeof requireExpression>[2]): void {
  if (Array.isArray(value)) for (const one of value) walk(one, columns);
  if (!isNode(value) || Array.isArray(value)) return;
  if (typeof value.class === 'string') {
    if (!classes.has(value.class))
      throw refused(
        `${String(value.type).toLowerCase().replaceAll('_', ' ')} is not allowed in --sql`,
        'An expression computes a value from the fields of its own record',
      );
    // A constant says what it is in words of its own, which are no expressions.
    if (value.class === 'CONSTANT') return;
    if (value.class === 'COLUMN_REF') requireColumn(value.column_names as readonly string[], columns);
    if (value.class === 'FUNCTION') requireFunction(value);
  }
  for (const inner of Object.values(value)) walk(inner, columns);
}

function requireColumn(path: readonly string[], columns: Parameters<typeof requireExpression>[2]): void {
  const [first = '', second] = path;
  const members = Object.hasOwn(columns, first) ? columns[first] : undefined;
  if (Object.hasOwn(columns, first) && path.length === 1) return;
  if (path.length === 2 && members?.includes(second!)) return;
  throw refused(
    `--sql names "${path.join('.')}", which is no field`,
    suggest(path.at(-1)!, members ?? Object.keys(columns)),
  );
}

function requireFunction({ function_name: name, schema, catalog, distinct, filter, order_bys }: Node): void {
  const plain =
    !schema && !catalog && !distinct && !filter && nothing((order_bys as Node | undefined)?.orders);
  if (plain && functions.has(String(name))) return;
  const named = [...functions].filter((one) => /^\w/.test(one));
  throw refused(`The function "${name}" is not allowed in --sql`, suggest(String(name), named));
}

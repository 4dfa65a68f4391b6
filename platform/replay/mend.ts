/** Does to records what a fix says. Each stays as it came, byte for byte, unless the fix changes something in it. */
import type { Contract } from '../../core/contract/model.ts';
import { fieldsSql, textName, typedSql, valueName } from '../../core/contract/sql.ts';
import { ident, quote } from '../../core/contract/text.ts';
import { WharfError } from '../../core/errors.ts';
import { type Parsed, requireExpression } from '../../core/replay/expression.ts';
import { RAW } from '../../core/replay/fix.ts';
import type { Assignment, Fix } from '../../core/replay/model.ts';
import type { Session } from '../engine/duckdb.ts';
import { jsonLines } from '../engine/ndjson.ts';
import { duckdbKind } from '../tell.ts';

const TEXT = 'text';

/** Text or null, as a fix writes it. */
const literal = (text: string): string => (text === '' ? 'NULL' : quote(text));

/** A record with a field's text in it, whatever name it had there. */
function patched(contract: Contract, record: string, name: string, text: string): string {
  const field = contract.fields.find((one) => one.name === name)!;
  const others = field.aliases.map((alias) => `${quote(alias)}, NULL`);
  return `CAST(json_merge_patch(${record}, json_object(${[`${quote(name)}, ${text}`, ...others].join(', ')})) AS VARCHAR)`;
}

/** `SELECT` of `(n, record)` with values and constants in their places. */
function withValues(contract: Contract, { map, set }: Fix, from: string): string {
  const { records, column } = jsonLines(contract);
  let mended = records(`SELECT n, record AS line FROM (${from})`);
  const replace = (when: string, then: string): void => {
    mended = `SELECT * REPLACE (CASE WHEN is_record AND ${when} THEN ${then} ELSE record END AS record) FROM (${mended})`;
  };
  for (const [name, ofField] of Map.groupBy(map, ({ field }) => field)) {
    const field = contract.fields.find((one) => one.name === name)!;
    const text = column(field).sql!;
    const is = ({ from }: (typeof ofField)[number]): string =>
      `(${text}) ${from === '' ? 'IS NULL' : `IS NOT DISTINCT FROM ${quote(from)}`}`;
    const cases = ofField.map((one) => `WHEN ${is(one)} THEN ${literal(one.to)}`).join(' ');
    replace(`(${ofField.map(is).join(' OR ')})`, patched(contract, 'record', name, `CASE ${cases} END`));
  }
  for (const [name, value] of Object.entries(set))
    replace('true', patched(contract, 'record', name, literal(value)));
  return `SELECT n, CASE WHEN is_record THEN record ELSE line END AS record FROM (${mended})`;
}

/** What DuckDB's parser makes of an expression, as it writes it. @throws WharfError `replay.invalid_sql` */
async function readExpression(session: Session, contract: Contract, { sql }: Assignment): Promise<string> {
  const names = contract.fields.map(({ name }) => name);
  const columns = {
    [RAW]: undefined,
    [TEXT]: names,
    ...Object.fromEntries(names.map((name) => [name, undefined])),
  };
  const { parsed } = await session.row(
    `SELECT CAST(json_serialize_sql(${quote(`SELECT ${sql}`)}) AS VARCHAR) AS parsed`,
  );
  requireExpression(JSON.parse(String(parsed)) as Parsed, sql, columns);
  const { written } = await session.row(`SELECT json_deserialize_sql(${quote(String(parsed))}) AS written`);
  return String(written).replace(/^SELECT /, '');
}

/** `SELECT` of `(n, record)` after the expressions, all of which see the record as it was before them. */
async function withExpressions(
  session: Session,
  contract: Contract,
  { sql }: Fix,
  from: string,
): Promise<string> {
  if (sql.length === 0) return from;
  const source = jsonLines(contract);
  const fields = fieldsSql(contract, source);
  const names = new Set(contract.fields.map(({ name }) => name));
  const texts = contract.fields.map((field) => `${ident(field.name)} := ${textName(field)}`).join(', ');
  const columns = [
    ...contract.fields.map((field) => `${valueName(field)} AS ${ident(field.name)}`),
    ...(names.has(TEXT) ? [] : [`struct_pack(${texts}) AS ${TEXT}`]),
    ...(names.has(RAW) ? [] : [`line AS ${RAW}`]),
  ];
  const typed = typedSql(source.records(`SELECT n, record AS line FROM (${from})`), fields);
  const given = `SELECT n AS "wharf n", line AS "wharf line", is_record AS "wharf is", ${columns.join(', ')} FROM (${typed})`;
  const written: string[] = [];
  for (const one of sql) written.push(await readExpression(session, contract, one));
  const values = written.map((text, i) => `(${text}) AS "wharf ${i}"`);
  const found = `SELECT "wharf n", "wharf line", "wharf is", ${values.join(', ')} FROM (${given})`;
  const types = await session.rows(`DESCRIBE ${found}`);
  let record = '"wharf line"';
  for (const [i, { field }] of sql.entries()) {
    const is = String(types.find(({ column_name: name }) => name === `wharf ${i}`)?.column_type);
    const text = `CAST(${/\[\]$|^STRUCT|^MAP/.test(is) ? `to_json("wharf ${i}")` : `"wharf ${i}"`} AS VARCHAR)`;
    // White space between the members of an object may hold line ends, and a record is one line.
    record =
      field === RAW && !names.has(RAW)
        ? `translate(${text}, chr(10) || chr(13), '  ')`
        : `CASE WHEN "wharf is" THEN ${patched(contract, record, field, text)} ELSE ${record} END`;
  }
  return `SELECT "wharf n" AS n, ${record} AS record FROM (${found})`;
}

/**
 * Makes the table `mended(n, record)` of the records in the table `picked(n, raw)`.
 * @throws WharfError `replay.invalid_sql` where an expression cannot be worked out
 */
export async function mend(session: Session, contract: Contract, fix: Fix): Promise<void> {
  try {
    const values = withValues(contract, fix, 'SELECT n, raw AS record FROM picked');
    const untouched = fix.map.length + Object.keys(fix.set).length === 0;
    const from = untouched ? 'SELECT n, raw AS record FROM picked' : values;
    const sql = await withExpressions(session, contract, fix, from);
    await session.run(`CREATE TABLE mended AS ${sql}`);
  } catch (error) {
    const kind = duckdbKind(error);
    if (!kind || fix.sql.length === 0) throw error;
    // What cannot be planned is told in the engine's words; what fails on a row's value is not: they quote it.
    const words =
      kind === 'Binder' ? String((error as Error).message).split('\n')[0] : `${kind} error on a value`;
    throw new WharfError(`--sql cannot be worked out: ${words}`, {
      code: 'replay.invalid_sql',
      route: 'usage',
      fix: 'Fields have the types of the contract, and are empty where a value does not fit; text.<field> is the text as it came. TRY_CAST gives nothing where CAST fails',
      cause: error,
    });
  }
}

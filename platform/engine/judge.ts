/** Judges every record of a source: one scan finds the refused rows with all their reasons, and the duplicates. */
import type { Contract } from '../../core/contract/model.ts';
import {
  type FieldSql,
  fieldSql,
  receivedSql,
  rulesSql,
  textName,
  valueName,
} from '../../core/contract/sql.ts';
import { all, type Session } from './duckdb.ts';
import type { Part, Source } from './source.ts';

export interface Judged {
  readonly read: number;
  readonly accepted: number;
  readonly quarantined: number;
  readonly duplicate: number;
  readonly reasons: Readonly<Record<string, number>>;
  /** For each part of the source, how many rows the parts before it hold. */
  readonly rowsBefore: readonly number[];
}

/** The typed relation: source columns, each field's text and value. */
export function typedSql(from: string, fields: readonly FieldSql[]): string {
  const texts = fields.map((f) => `${f.text} AS ${textName(f.field)}`).join(', ');
  const values = fields.map((f) => `${f.value} AS ${valueName(f.field)}`).join(', ');
  return `SELECT *, ${values} FROM (SELECT *, ${texts} FROM (${from}))`;
}

export const fieldsSql = (contract: Contract, source: Source): FieldSql[] =>
  contract.fields.map((field) => fieldSql(field, source.column(field)));

/** Two hashes make 128 bits: a collision, which would drop a good row, is out of reach. */
const twice = (parts: readonly string[], as: string): string =>
  `hash(${parts.join(', ')}) AS ${as}1, hash('again', ${[...parts].reverse().join(', ')}) AS ${as}2`;

/** Rows judged, `judged(_row, reasons, received, raw, row1, row2, key1, key2)`: reasons is null for fine rows. */
function judgeSql(contract: Contract, source: Source, part: Part, fields: readonly FieldSql[]): string {
  const rules = rulesSql(contract);
  const missing = source.missing.filter((name) => contract.fields.find((f) => f.name === name)!.required);
  const fine = missing.length
    ? 'false'
    : [`NOT (${source.malformed})`, ...fields.map((f) => f.fine), rules.fine].join(' AND ');
  const all = `flatten([${[...fields.map((f) => f.reasons), rules.reasons].join(', ')}])`;
  const keyed = contract.key.length > 0 && contract.duplicates.keys !== 'keep';
  const keys = contract.key.map((name) => valueName(contract.fields.find((f) => f.name === name)!));
  const hashes = [
    ...(contract.duplicates.rows === 'keep' ? [] : [twice(source.identity, 'row')]),
    ...(keyed ? [twice(keys, 'key')] : []),
  ];
  const judged = `SELECT *, ${fine} AS fine, CASE WHEN NOT fine THEN CASE WHEN ${source.malformed} THEN ['malformed_row'] ELSE ${all} END END AS reasons FROM (${typedSql(part.firstScan, fields)})`;
  const columns = [
    '_row',
    'reasons',
    `CASE WHEN reasons IS NOT NULL THEN ${receivedSql(fields)} END AS received`,
    `CASE WHEN reasons IS NOT NULL THEN ${source.raw} END AS raw`,
    ...hashes,
  ];
  return `SELECT ${columns.join(', ')} FROM (${judged})`;
}

/** Later rows of a group of equal hashes, among the rows that are fine so far. */
const repeated = (hash: 'row' | 'key'): string => `
  SELECT _row FROM (
    SELECT _row, row_number() OVER (PARTITION BY ${hash}1, ${hash}2 ORDER BY _row) AS nth
    FROM judged SEMI JOIN (
      SELECT ${hash}1, ${hash}2 FROM judged WHERE reasons IS NULL AND _row NOT IN (SELECT _row FROM later)
      GROUP BY ALL HAVING count(*) > 1
    ) USING (${hash}1, ${hash}2)
    WHERE reasons IS NULL AND _row NOT IN (SELECT _row FROM later)
  ) WHERE nth > 1`;

/**
 * Fills the tables of a session: `judged` (every row), `later` (rows that repeat an earlier one, with what to do
 * with them) and `refused` (all that goes to quarantine, lines that are no rows among it).
 */
export async function judge(session: Session, contract: Contract, source: Source): Promise<Judged> {
  const fields = fieldsSql(contract, source);
  await session.run('CREATE TABLE malformed (line BIGINT, raw VARCHAR)');
  if (source.cutOut) await session.run(`INSERT INTO malformed ${source.cutOut}`);
  const counts = await all(
    source.parts.map(async (part, i) => {
      using own = await session.fork();
      await own.run(`CREATE TABLE judged_${i} AS ${judgeSql(contract, source, part, fields)}`);
      if (source.rejects) await keepRejects(own, part);
      return Number((await own.row(`SELECT count(*) AS n FROM judged_${i}`)).n);
    }),
  );
  const before = counts.map((_, i) => counts.slice(0, i).reduce((sum, n) => sum + n, 0));
  const parts = before.map((rows, i) => `SELECT * REPLACE (_row + ${rows} AS _row) FROM judged_${i}`);
  await session.run(`CREATE VIEW judged AS ${parts.join(' UNION ALL ')}`);
  await session.run('CREATE TABLE later (_row BIGINT, policy VARCHAR, reason VARCHAR)');
  const { rows, keys } = contract.duplicates;
  if (rows !== 'keep')
    await session.run(`INSERT INTO later SELECT _row, '${rows}', 'duplicate_row' FROM (${repeated('row')})`);
  if (contract.key.length && keys !== 'keep')
    await session.run(`INSERT INTO later SELECT _row, '${keys}', 'duplicate_key' FROM (${repeated('key')})`);
  await session.run(refusedSql(source, before));
  return { ...(await count(session)), rowsBefore: before };
}

async function keepRejects(session: Session, part: Part): Promise<void> {
  const [rejects] = await session.rows('SELECT count(*) AS n FROM reject_errors');
  if (Number(rejects!.n) === 0) return;
  const lines = await part.linesBefore();
  await session.run(
    `INSERT INTO malformed SELECT CAST(line AS BIGINT) + ${lines}, trim(any_value(csv_line), chr(13) || chr(10)) FROM reject_errors GROUP BY line`,
  );
}

/** The rows of all parts, numbered through the whole file. */
export const numberedThrough = (source: Source, rowsBefore: readonly number[]): string[] =>
  source.parts.map(
    ({ relation }, i) => `SELECT * REPLACE (_row + ${rowsBefore[i]} AS _row) FROM (${relation})`,
  );

/** Everything for the quarantine table, verbatim. Rows refused as duplicates were fine, so their raw form is read again. */
function refusedSql(source: Source, before: readonly number[]): string {
  const bad =
    'SELECT _row, NULL::BIGINT AS line, raw, reasons, received FROM judged WHERE reasons IS NOT NULL';
  const all = numberedThrough(source, before).join(' UNION ALL ');
  const repeats = `SELECT _row, NULL::BIGINT, ${source.raw}, [reason], [NULL::VARCHAR] FROM (${all}) JOIN (FROM later WHERE policy = 'quarantine') USING (_row)`;
  const lines = `SELECT NULL::BIGINT, line, raw, ['malformed_row'], [NULL::VARCHAR] FROM malformed`;
  return `CREATE TABLE refused AS ${[bad, repeats, lines].join(' UNION ALL ')}`;
}

async function count(session: Session): Promise<Omit<Judged, 'rowsBefore'>> {
  const totals = await session.row(`
    SELECT (SELECT count(*) FROM judged) + (SELECT count(*) FROM malformed) AS read,
           (SELECT count(*) FROM judged WHERE reasons IS NULL) - (SELECT count(*) FROM later) AS accepted,
           (SELECT count(*) FROM refused) AS quarantined,
           (SELECT count(*) FROM later WHERE policy = 'drop') AS duplicate`);
  const reasons = await session.rows(
    'SELECT r, count(*) AS n FROM (SELECT unnest(reasons) AS r FROM refused) GROUP BY r ORDER BY n DESC, r',
  );
  const number = (name: string): number => Number(totals[name]);
  return {
    read: number('read'),
    accepted: number('accepted'),
    quarantined: number('quarantined'),
    duplicate: number('duplicate'),
    reasons: Object.fromEntries(reasons.map(({ r, n }) => [String(r), Number(n)])),
  };
}

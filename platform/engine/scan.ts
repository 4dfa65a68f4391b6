/** The first look at a source: how many records it has, which lines are none, and which records repeat earlier ones. */
import type { Contract } from '../../core/contract/model.ts';
import { fieldSql, typedSql, valueName } from '../../core/contract/sql.ts';
import type { Session } from './duckdb.ts';
import { rejectedLines } from './rejects.ts';
import type { Part, Source } from './source.ts';
import { fieldsSql, fineSql } from './verdict.ts';

/** What is known of a source before its records are judged. Leaves the table `repeats(_row, policy, reason)`. */
export interface Scanned {
  /** Records and malformed lines. */
  readonly read: number;
  /** `SELECT`s of the lines that are no records, as `(line, raw)`. */
  readonly malformed: readonly string[];
  /** The policies that occur in `repeats`. */
  readonly policies: readonly string[];
  /** For each part, a `SELECT` of its records with `_row` counted through the whole source. */
  readonly records: readonly string[];
}

/** Two hashes, each over half of the values: together 128 bits, for the price of one over all. */
function halves(values: readonly string[], as: string): string {
  const half = Math.ceil(values.length / 2);
  const second = values.length > 1 ? values.slice(half) : ["'again'", ...values];
  return `hash(${values.slice(0, half).join(', ')}) AS ${as}1, hash(${second.join(', ')}) AS ${as}2`;
}

/** `SELECT` of a part's records: `_row`, and hashes of the whole record and of its key where a policy needs them. */
function hashesSql(contract: Contract, source: Source, part: Part): string {
  const keyed = contract.key.length > 0 && contract.duplicates.keys !== 'keep';
  const key = keyed ? contract.fields.filter(({ name }) => contract.key.includes(name)) : [];
  const typed = key.map((field) => fieldSql(field, source.column(field)));
  const hashes = [
    ...(contract.duplicates.rows === 'keep' ? [] : [halves(source.identity, 'row')]),
    ...(keyed ? [halves(key.map(valueName), 'key')] : []),
  ];
  const from = keyed ? typedSql(part.firstScan, typed) : part.firstScan;
  return `SELECT ${['_row', ...hashes].join(', ')} FROM (${from})`;
}

/** Rows of `from` that are not the first of their group of equal hashes. */
const laterSql = (from: string, hash: 'row' | 'key'): string => `
  SELECT _row FROM (${from}) JOIN (
    SELECT ${hash}1, ${hash}2, min(_row) AS first FROM (${from}) GROUP BY ${hash}1, ${hash}2 HAVING count(*) > 1
  ) USING (${hash}1, ${hash}2) WHERE _row > first`;

/** Scans every part once, side by side. */
export async function scan(session: Session, contract: Contract, source: Source): Promise<Scanned> {
  const parts = await session.each(source.parts, async (part, i, own) => {
    const made = await own.row(`CREATE TABLE scanned_${i} AS ${hashesSql(contract, source, part)}`);
    return { rows: Number(made.Count), malformed: source.rejects ? await rejectedLines(own, part) : [] };
  });
  const before = parts.map((_, i) => parts.slice(0, i).reduce((sum, { rows }) => sum + rows, 0));
  const shifted = (from: string, i: number): string =>
    before[i] ? `SELECT * REPLACE (_row + ${before[i]} AS _row) FROM (${from})` : from;
  const scanned = parts.map((_, i) => shifted(`FROM scanned_${i}`, i)).join(' UNION ALL ');
  const records = source.parts.map(({ relation }, i) => shifted(relation, i));
  const malformed = [...(source.cutOut ? [source.cutOut] : []), ...parts.flatMap((part) => part.malformed)];
  const found = await findRepeats(session, contract, source, scanned, records);
  const policies = found ? await session.rows('SELECT DISTINCT policy FROM repeats') : [];
  const lines = malformed.length
    ? Number((await session.row(`SELECT count(*) AS n FROM (${malformed.join(' UNION ALL ')})`)).n)
    : 0;
  return {
    read: parts.reduce((sum, { rows }) => sum + rows, lines),
    malformed,
    policies: policies.map(({ policy }) => String(policy)),
    records,
  };
}

/**
 * Equal records share a verdict, so hashes alone tell which of them repeat. Records that only share a key do not:
 * the first fine one stays, so those few are judged here.
 */
async function findRepeats(
  session: Session,
  contract: Contract,
  source: Source,
  scanned: string,
  records: readonly string[],
): Promise<boolean> {
  const { rows, keys } = contract.duplicates;
  const found =
    rows === 'keep' ? 'SELECT _row FROM (SELECT 0 AS _row) WHERE false' : laterSql(scanned, 'row');
  const made = await session.row(
    `CREATE TABLE repeats AS SELECT _row, '${rows}' AS policy, 'duplicate_row' AS reason FROM (${found})`,
  );
  if (contract.key.length === 0 || keys === 'keep') return Number(made.Count) > 0;
  const left = `SELECT * FROM (${scanned}) ANTI JOIN repeats USING (_row)`;
  const suspects = await session.row(
    `CREATE TABLE suspects AS SELECT _row, key1, key2 FROM (${left}) SEMI JOIN (SELECT key1, key2 FROM (${left}) GROUP BY ALL HAVING count(*) > 1) USING (key1, key2)`,
  );
  if (Number(suspects.Count) === 0) return Number(made.Count) > 0;
  const fields = fieldsSql(contract, source);
  const fine = records.map(
    (record) =>
      `SELECT _row, key1, key2 FROM (${typedSql(`SELECT * FROM (${record}) JOIN suspects USING (_row)`, fields)}) WHERE ${fineSql(contract, source, fields)}`,
  );
  await session.run(`CREATE TABLE fine_suspects AS ${fine.join(' UNION ALL ')}`);
  await session.run(
    `INSERT INTO repeats SELECT _row, '${keys}', 'duplicate_key' FROM (${laterSql('FROM fine_suspects', 'key')})`,
  );
  return true;
}

/** The verdict on every record as SQL, with all reasons where it is refused. */
import type { Contract } from '../../core/contract/model.ts';
import { type FieldSql, fieldSql, receivedSql, rulesSql, typedSql } from '../../core/contract/sql.ts';
import type { Source } from './source.ts';

/** What becomes of a record; small numbers, as it is a partition key of what is written. */
export const outcome = { accepted: 0, quarantined: 1, duplicate: 2 } as const;

export const fieldsSql = (contract: Contract, source: Source): FieldSql[] =>
  contract.fields.map((field) => fieldSql(field, source.column(field)));

/** True for a record that keeps the contract, duplicates aside. Over the columns of `typedSql`. */
export function fineSql(contract: Contract, source: Source, fields: readonly FieldSql[]): string {
  const required = new Set(contract.fields.filter((f) => f.required).map((f) => f.name));
  if (source.missing.some((name) => required.has(name))) return 'false';
  return [`NOT (${source.malformed})`, ...fields.map((f) => f.fine), rulesSql(contract).fine].join(' AND ');
}

/**
 * `SELECT` of a part's records, typed, with `outcome` and, where they are refused, `reasons`, `received` and `raw`.
 * Everything about refusal stands in CASEs, so that a fine record pays for one test.
 * @param policies the policies in the table `repeats`, which has the records that repeat earlier ones
 */
export function verdictsSql(
  contract: Contract,
  source: Source,
  records: string,
  policies: readonly string[],
): string {
  const fields = fieldsSql(contract, source);
  const faults = `flatten([${[...fields.map((f) => f.reasons), rulesSql(contract).reasons].join(', ')}])`;
  // IN, not a join: it adds one column and leaves the others as they are.
  const repeats = (policy: string): string =>
    policies.includes(policy) ? `_row IN (SELECT _row FROM repeats WHERE policy = '${policy}')` : 'false';
  const fine = `SELECT *, ${fineSql(contract, source, fields)} AS fine, ${repeats('drop')} AS dropped, ${repeats('quarantine')} AS doubled FROM (${typedSql(records, fields)})`;
  const judged = `SELECT *, CAST(CASE WHEN NOT fine OR doubled THEN ${outcome.quarantined} WHEN dropped THEN ${outcome.duplicate} ELSE ${outcome.accepted} END AS TINYINT) AS outcome FROM (${fine})`;
  const refused = (sql: string, as: string): string =>
    `CASE WHEN outcome = ${outcome.quarantined} THEN ${sql} END AS ${as}`;
  const reasons = `CASE WHEN ${source.malformed} THEN ['malformed_row'] WHEN fine THEN ['duplicate'] ELSE ${faults} END`;
  return `SELECT *, ${refused(receivedSql(fields), 'received')}, ${refused(source.raw, 'raw')} FROM (SELECT *, ${refused(reasons, 'reasons')} FROM (${judged}))`;
}

/** The verdict on every record as SQL, and all reasons where it is refused. */
import type { Contract } from '../../core/contract/model.ts';
import { type FieldSql, fieldSql, receivedSql, rulesSql, typedSql } from '../../core/contract/sql.ts';
import type { Source } from './source.ts';

/** What becomes of a record; small numbers, as they part what is written. */
export const outcome = { accepted: 0, quarantined: 1, duplicate: 2 } as const;

export const fieldsSql = (contract: Contract, source: Source): FieldSql[] =>
  contract.fields.map((field) => fieldSql(field, source.column(field)));

/** True for a record that keeps the contract, duplicates aside. Over the columns of `typedSql`. */
export function fineSql(contract: Contract, source: Source, fields: readonly FieldSql[]): string {
  const required = new Set(contract.fields.filter((f) => f.required).map((f) => f.name));
  if (source.missing.some((name) => required.has(name))) return 'false';
  return [`NOT (${source.malformed})`, ...fields.map((f) => f.fine), rulesSql(contract).fine].join(' AND ');
}

/** True for a record that repeats an earlier one, under a policy. */
const isRepeatSql = (policy: string, policies: readonly string[]): string =>
  policies.includes(policy)
    ? `get_bit(getvariable('repeats_${policy}'), CAST(_row AS INTEGER)) = 1`
    : 'false';

/**
 * `SELECT` of records, typed, with `outcome` and, where it is quarantine, `raw`. Reasons are asked of the refused
 * only; see {@link reasonsSql}: planning them costs more than a small file.
 * @param policies the policies `markRepeats` told the connection of
 */
export function verdictsSql(
  contract: Contract,
  source: Source,
  records: string,
  policies: readonly string[],
): string {
  const fields = fieldsSql(contract, source);
  const judged = `SELECT *, ${fineSql(contract, source, fields)} AS fine, ${isRepeatSql('drop', policies)} AS dropped, ${isRepeatSql('quarantine', policies)} AS doubled FROM (${typedSql(records, fields)})`;
  const told = `SELECT *, CASE WHEN NOT fine OR doubled THEN ${outcome.quarantined} WHEN dropped THEN ${outcome.duplicate} ELSE ${outcome.accepted} END AS outcome FROM (${judged})`;
  return `SELECT *, CASE WHEN outcome = ${outcome.quarantined} THEN ${source.raw} END AS raw FROM (${told})`;
}

/** `SELECT` of `(_row, raw, reasons, received)` for refused records given as `(_row, raw)`. */
export function reasonsSql(contract: Contract, source: Source, refused: string): string {
  const fields = fieldsSql(contract, source);
  const faults = `flatten([${[...fields.map((f) => f.reasons), rulesSql(contract).reasons].join(', ')}])`;
  const found = `SELECT *, CASE WHEN ${source.malformed} THEN ['malformed_row'] ELSE ${faults} END AS faults FROM (${typedSql(source.again(refused), fields)})`;
  const all = `SELECT *, CASE WHEN len(faults) = 0 THEN [reason] ELSE faults END AS reasons FROM (${found}) LEFT JOIN repeats USING (_row)`;
  return `SELECT _row, raw, reasons, ${receivedSql(fields)} AS received FROM (${all})`;
}

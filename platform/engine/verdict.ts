/** The verdict on every record as SQL, and all reasons where it is refused. */
import type { Contract } from '../../core/contract/model.ts';
import { faultsSql, fieldsSql, fineSql, receivedSql, typedSql } from '../../core/contract/sql.ts';
import type { Source } from './source.ts';

/** What becomes of a record; small numbers, as they part what is written. */
export const outcome = { accepted: 0, quarantined: 1, duplicate: 2 } as const;

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
  const found = `SELECT *, ${faultsSql(contract, source, fields)} AS faults FROM (${typedSql(source.again(refused), fields)})`;
  const all = `SELECT *, CASE WHEN len(faults) = 0 THEN [reason] ELSE faults END AS reasons FROM (${found}) LEFT JOIN repeats USING (_row)`;
  return `SELECT _row, raw, reasons, ${receivedSql(fields)} AS received FROM (${all})`;
}

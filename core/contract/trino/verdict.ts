/** The verdict on every line of a file as Trino SQL: the same judgement DuckDB makes, from the same contract. */
import type { Contract } from '../model.ts';
import { reason } from '../reasons.ts';
import {
  type FieldSql,
  faultsSql,
  fieldsSql,
  fineSql,
  looksForKeys,
  receivedSql,
  typedSql,
  valueName,
} from '../sql.ts';
import { ident, quote } from '../text.ts';
import { trino } from './dialect.ts';
import type { Lines } from './lines.ts';

/**
 * What is asked of each field as a column of its own. One expression over all fields grows past what Trino compiles,
 * and it would put them together again, were it not for `TRY`: what stands in one is left where it is.
 */
function apart(fields: readonly FieldSql[], what: 'fine' | 'reasons', from: string) {
  const column = ({ field }: FieldSql): string => ident(`${what} ${field.name}`);
  const columns = fields.map((field) => `${field[what]} AS ${column(field)}`);
  return {
    from: `SELECT *, ${columns.join(', ')} FROM (${from})`,
    fields: fields.map((field) => ({ ...field, [what]: `TRY(${column(field)})` })),
  };
}

/** Whether an earlier one of those that are alike in `by` comes before. */
const isLater = (by: readonly string[]): string =>
  `row_number() OVER (PARTITION BY ${by.join(', ')} ORDER BY _row) > 1`;

/**
 * `SELECT` of all records, typed, with `outcome` (`accepted`, `quarantined` or `duplicate`) and `repeat`, the reason
 * where one repeats an earlier one.
 * @param lines `SELECT` of `(_row, line)`; must give the same each time it is asked
 */
export function verdictsSql(contract: Contract, source: Lines, lines: string): string {
  const fields = fieldsSql(contract, source, trino);
  const each = apart(fields, 'fine', typedSql(source.records(lines), fields));
  const typed = `SELECT *, ${fineSql(contract, source, each.fields, trino)} AS fine FROM (${each.from})`;
  const { rows, keys } = contract.duplicates;
  const rowAgain = rows === 'keep' ? 'false' : isLater([source.identity]);
  const asRows = `SELECT *, ${rowAgain} AS row_again FROM (${typed})`;
  // Only a row that would be accepted stands in the way of another with its key.
  const rival = 'fine AND NOT row_again';
  const key = contract.fields.filter(({ name }) => contract.key.includes(name)).map(valueName);
  const keyAgain = looksForKeys(contract) ? `${rival} AND ${isLater([rival, ...key])}` : 'false';
  const asKeys = `SELECT *, ${keyAgain} AS key_again FROM (${asRows})`;
  const policies = [
    { again: 'row_again', policy: rows, why: reason('duplicate_row') },
    { again: 'key_again', policy: keys, why: reason('duplicate_key') },
  ];
  const under = (which: string): string =>
    ['false', ...policies.filter(({ policy }) => policy === which).map(({ again }) => again)].join(' OR ');
  return `SELECT *, CASE WHEN NOT fine OR ${under('quarantine')} THEN 'quarantined' WHEN ${under('drop')} THEN 'duplicate' ELSE 'accepted' END AS outcome, CASE ${policies.map(({ again, why }) => `WHEN ${again} THEN ${quote(why)}`).join(' ')} END AS repeat FROM (${asKeys})`;
}

/** `SELECT` of the refused among such records, as `(_row, raw, reasons, received)`. */
export function refusedSql(contract: Contract, source: Lines, verdicts: string): string {
  const fields = fieldsSql(contract, source, trino);
  const each = apart(fields, 'reasons', `SELECT * FROM (${verdicts}) WHERE outcome = 'quarantined'`);
  const refused = `SELECT *, ${faultsSql(contract, source, each.fields, trino)} AS faults FROM (${each.from})`;
  const told = `SELECT *, CASE WHEN cardinality(faults) = 0 THEN ARRAY[repeat] ELSE faults END AS reasons FROM (${refused})`;
  return `SELECT _row, ${source.raw} AS raw, reasons, ${receivedSql(fields, trino)} AS received FROM (${told})`;
}

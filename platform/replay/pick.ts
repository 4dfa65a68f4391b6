/** The refused rows that somebody chose, as they stand in the quarantine. */
import type { Contract } from '../../core/contract/model.ts';
import { quote } from '../../core/contract/text.ts';
import { releaseColumns } from '../../core/lake/schema.ts';
import type { Selection } from '../../core/replay/model.ts';
import { statusSql } from '../../core/replay/status.ts';
import { quarantineTable } from '../ingest/schemas.ts';
import type { Lake, QueryResult } from '../query.ts';

export const statuses = ['open', 'replayed', 'discarded'] as const;
export type Status = (typeof statuses)[number];

/** SQL that is true for the rows of a selection, over {@link statusSql}. */
export const selected = ({ delivery, reason }: Selection, status?: Status): string =>
  [
    'true',
    ...(status ? [`status = ${quote(status)}`] : []),
    ...(delivery ? [`_delivery = ${quote(delivery)}`] : []),
    ...(reason ? [`len(list_filter(reasons, lambda r: starts_with(r, ${quote(reason)}))) > 0`] : []),
  ].join(' AND ');

/** A quarantine table with all columns of today: one that was last written by an earlier version lacks some. */
function asOfToday(table: string): string {
  const columns = releaseColumns.map(({ name, type }) => `CAST(NULL AS ${types[String(type)]}) AS ${name}`);
  return `(SELECT ${columns.join(', ')} WHERE false UNION ALL BY NAME SELECT * FROM ${table})`;
}

const types: Readonly<Record<string, string>> = { string: 'VARCHAR', long: 'BIGINT' };

/** Asks the quarantine of a dataset, which is the relation `refused` of the query; nothing where there is none yet. */
export async function askQuarantine(
  lake: Lake,
  { name }: Contract,
  sql: string,
): Promise<QueryResult | undefined> {
  const table = quarantineTable(name);
  if (!(await lake.tables()).includes(table)) return undefined;
  return lake.query(sql.replace('FROM refused', `FROM (${statusSql(asOfToday(table))})`));
}

/** Writes the open rows of a selection into a Parquet file. @returns how many there are */
export async function pickOpen(
  lake: Lake,
  contract: Contract,
  selection: Selection,
  file: string,
): Promise<number> {
  const rows = `SELECT _delivery AS origin, _row AS row, line, raw, reasons FROM refused WHERE ${selected(selection, 'open')} ORDER BY origin, coalesce(_row, line), line`;
  const copied = await askQuarantine(lake, contract, `COPY (${rows}) TO ${quote(file)} (FORMAT parquet)`);
  return Number(copied?.rows[0]?.Count ?? 0);
}

/** Judges a source: its books, and the table of all that is refused. */
import type { Contract } from '../../core/contract/model.ts';
import type { Session } from './duckdb.ts';
import { type Scanned, scan } from './scan.ts';
import type { Source } from './source.ts';
import { outcome, verdictsSql } from './verdict.ts';

/** The books of one source: `read = accepted + quarantined + duplicate`. */
export interface Judged {
  readonly read: number;
  readonly accepted: number;
  readonly quarantined: number;
  readonly duplicate: number;
  readonly reasons: Readonly<Record<string, number>>;
}

/**
 * All that goes to quarantine, as `(_row, line, raw, reasons, received)`: records, and lines that are none. Why a
 * record is a duplicate is only asked here, where they are few.
 */
export function refusedSql(records: string | undefined, { malformed }: Scanned): string {
  const reasons = "CASE WHEN reasons = ['duplicate'] THEN [reason] ELSE reasons END AS reasons";
  const none =
    'SELECT NULL::BIGINT AS _row, NULL::BIGINT AS line, NULL::VARCHAR AS raw, NULL::VARCHAR[] AS reasons, NULL::VARCHAR[] AS received WHERE false';
  return [
    none,
    ...(records
      ? [`SELECT _row, NULL, raw, ${reasons}, received FROM (${records}) LEFT JOIN repeats USING (_row)`]
      : []),
    ...malformed.map((lines) => `SELECT NULL, line, raw, ['malformed_row'], [NULL] FROM (${lines})`),
  ].join(' UNION ALL ');
}

/** How often each reason occurs in the table `refused`, most frequent first. */
export async function countReasons(session: Session): Promise<Record<string, number>> {
  const found = await session.rows(
    'SELECT r, count(*) AS n FROM (SELECT unnest(reasons) AS r FROM refused) GROUP BY r ORDER BY n DESC, r',
  );
  return Object.fromEntries(found.map(({ r, n }) => [String(r), Number(n)]));
}

/** Judges without writing anything. Leaves the table `refused`; see {@link refusedSql}. */
export async function judge(session: Session, contract: Contract, source: Source): Promise<Judged> {
  const scanned = await scan(session, contract, source);
  const verdicts = scanned.records.map(
    (records) =>
      `SELECT _row, outcome, reasons, received, raw FROM (${verdictsSql(contract, source, records, scanned.policies)})`,
  );
  await session.run(`CREATE TABLE verdicts AS ${verdicts.join(' UNION ALL ')}`);
  const refused = `FROM verdicts WHERE outcome = ${outcome.quarantined}`;
  await session.run(`CREATE TABLE refused AS ${refusedSql(refused, scanned)}`);
  const counts = await session.row(
    `SELECT ${Object.entries(outcome).map(([name, n]) => `count(*) FILTER (outcome = ${n}) AS ${name}`)}, (SELECT count(*) FROM refused) AS refused FROM verdicts`,
  );
  return {
    read: scanned.read,
    accepted: Number(counts.accepted),
    quarantined: Number(counts.refused),
    duplicate: Number(counts.duplicate),
    reasons: await countReasons(session),
  };
}

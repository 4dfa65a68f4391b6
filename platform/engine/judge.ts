/** Judges a source: its books, and the table of all that is refused. */
import type { Contract } from '../../core/contract/model.ts';
import type { Session } from './duckdb.ts';
import { markRepeats } from './repeats.ts';
import { type Scanned, scan } from './scan.ts';
import type { Source } from './source.ts';
import { outcome, reasonsSql, verdictsSql } from './verdict.ts';

/** The books of one source: `read = accepted + quarantined + duplicate`. */
export interface Judged {
  readonly read: number;
  readonly accepted: number;
  readonly quarantined: number;
  readonly duplicate: number;
  readonly reasons: Readonly<Record<string, number>>;
}

/** How many records of each outcome there are, and how to get at the refused ones. */
export interface Told {
  readonly accepted: number;
  readonly duplicate: number;
  /** `SELECT` of the refused records as `(_row, raw)`; absent: there are none. */
  readonly refused?: string;
}

/** Closes the books. Makes the table `refused(_row, line, raw, reasons, received)`: records, and lines that are none. */
export async function close(
  session: Session,
  contract: Contract,
  source: Source,
  { read, malformed }: Scanned,
  { accepted, duplicate, refused }: Told,
): Promise<Judged> {
  if (!refused && malformed.length === 0) return { read, accepted, quarantined: 0, duplicate, reasons: {} };
  const all = [
    ...(refused
      ? [`SELECT _row, NULL AS line, raw, reasons, received FROM (${reasonsSql(contract, source, refused)})`]
      : []),
    ...malformed.map(
      (lines) =>
        `SELECT NULL AS _row, line, raw, ['malformed_row'] AS reasons, [NULL] AS received FROM (${lines})`,
    ),
  ];
  const types =
    'CAST(_row AS BIGINT) AS _row, CAST(line AS BIGINT) AS line, raw, reasons, CAST(received AS VARCHAR[]) AS received';
  const made = await session.row(`CREATE TABLE refused AS SELECT ${types} FROM (${all.join(' UNION ALL ')})`);
  const found = await session.rows(
    'SELECT r, count(*) AS n FROM (SELECT unnest(reasons) AS r FROM refused) GROUP BY r ORDER BY n DESC, r',
  );
  const reasons = Object.fromEntries(found.map(({ r, n }) => [String(r), Number(n)]));
  return { read, accepted, quarantined: Number(made.Count), duplicate, reasons };
}

/** Judges without writing anything. Leaves the tables `verdicts` and, unless nothing is quarantined, `refused`. */
export async function judge(session: Session, contract: Contract, source: Source): Promise<Judged> {
  const scanned = await scan(session, contract, source);
  await markRepeats(session, scanned);
  const verdicts = scanned.records.map(
    (records) =>
      `SELECT _row, outcome, raw FROM (${verdictsSql(contract, source, records, scanned.policies)})`,
  );
  await session.run(`CREATE TABLE verdicts AS ${verdicts.join(' UNION ALL ')}`);
  const counted = await session.rows('SELECT outcome, count(*) AS n FROM verdicts GROUP BY outcome');
  const count = (which: number): number => Number(counted.find((row) => row.outcome === which)?.n ?? 0);
  return close(session, contract, source, scanned, {
    accepted: count(outcome.accepted),
    duplicate: count(outcome.duplicate),
    refused: count(outcome.quarantined)
      ? `SELECT _row, raw FROM verdicts WHERE outcome = ${outcome.quarantined}`
      : undefined,
  });
}

/** Judges refused rows again, after a fix: which would pass, and what the others still fail for. */
import type { Contract } from '../../core/contract/model.ts';
import { quote } from '../../core/contract/text.ts';
import type { Fix, ReplayHeader } from '../../core/replay/model.ts';
import type { Session } from '../engine/duckdb.ts';
import { judge } from '../engine/judge.ts';
import { jsonLines } from '../engine/ndjson.ts';
import { outcome } from '../engine/verdict.ts';
import { aliasesIn, withAliases } from './aliases.ts';
import { mend } from './mend.ts';
import { recordsSource } from './records.ts';

/** A row that a reason stands for. Values of fields with personal data are left out. */
export interface Example {
  readonly delivery: string;
  readonly row: number | null;
  readonly line: number | null;
  readonly received: string | null;
}

export interface StillFailing {
  readonly reason: string;
  readonly rows: number;
  readonly examples: readonly Example[];
}

export interface Rejudged {
  readonly picked: number;
  /** That would be in the table, or be dropped there as duplicates of one another. */
  readonly passing: number;
  readonly failing: readonly StillFailing[];
  readonly aliases: ReplayHeader['aliases'];
}

const EXAMPLES = 3;

/** Reasons that another row of the file is to blame for, and which rows they are of: the record as a whole, or its key. */
const repeats = { duplicate_row: false, duplicate_key: true } as const;

/**
 * Judges the table `picked(n, origin, row, line, raw, reasons)`. Leaves the table `passing(n, origin, row, line, record)`.
 * Rows that repeated another one are held back unless the fix changes what they repeat: that other one is in the table.
 */
export async function rejudge(session: Session, contract: Contract, fix: Fix): Promise<Rejudged> {
  const found = await session.rows(
    "SELECT DISTINCT unnest(json_keys(raw)) AS key FROM picked WHERE CASE WHEN json_valid(raw) THEN json_type(raw) = 'OBJECT' ELSE false END",
  );
  const aliases = aliasesIn(contract, found.map(({ key }) => String(key)).sort(), fix.header);
  const named = withAliases(contract, aliases);
  await mend(session, named, fix);
  await session.run(`CREATE TABLE held AS ${heldSql(named)}`);
  await session.run(
    'CREATE TABLE free AS SELECT row_number() OVER (ORDER BY n) AS n, n AS picked_n, record FROM mended ANTI JOIN held USING (n)',
  );
  const judged = await judge(session, named, recordsSource(named, 'free'));
  await session.run(
    `CREATE TABLE passing AS SELECT p.n, p.origin, p.row, p.line, f.record FROM free f JOIN picked p ON p.n = f.picked_n JOIN verdicts v ON v._row = f.n WHERE v.outcome <> ${outcome.quarantined}`,
  );
  const refused = judged.quarantined
    ? 'UNION ALL SELECT f.picked_n AS n, r.reasons, r.received FROM refused r JOIN free f ON f.n = r._row'
    : '';
  const failing = await tally(session, contract, `SELECT n, reasons, received FROM held ${refused}`);
  const { picked } = await session.row('SELECT count(*) AS picked FROM picked');
  return { picked: Number(picked), passing: judged.accepted + judged.duplicate, failing, aliases };
}

/** `SELECT` of `(n, reasons, received)` of repeating rows whose repetition the fix does not touch. */
function heldSql(contract: Contract): string {
  const { records, column } = jsonLines(contract);
  const key = contract.fields
    .filter(({ name }) => contract.key.includes(name))
    .map((field, i) => `${column(field).sql} AS k${i}`);
  const keys = (from: string): string =>
    `SELECT n, row(${key.map((_, i) => `k${i}`).join(', ') || 'n'}) AS key FROM (SELECT n, ${[...key, '0'].join(', ')} FROM (${records(from)}))`;
  const before = keys('SELECT n, raw AS line FROM picked');
  const after = keys('SELECT n, record AS line FROM mended');
  const same = Object.entries(repeats).map(
    ([reason, byKey]) =>
      `SELECT n, [${quote(reason)}] AS reasons, [CAST(NULL AS VARCHAR)] AS received FROM picked JOIN mended USING (n)${
        byKey ? ` JOIN (${before}) b USING (n) JOIN (${after}) a USING (n)` : ''
      } WHERE list_contains(reasons, ${quote(reason)}) AND ${byKey ? 'a.key IS NOT DISTINCT FROM b.key' : 'raw = record'}`,
  );
  return same.join(' UNION ALL ');
}

/** How many rows still fail for each reason, the most frequent first, and a few of them. */
async function tally(session: Session, { fields }: Contract, failing: string): Promise<StillFailing[]> {
  const personal = fields.filter(({ pii }) => pii).map(({ name }) => quote(name));
  const shown = personal.length
    ? `CASE WHEN regexp_extract(split_part(reason, ':', 2), '^\\w+') NOT IN (${personal.join(', ')}) THEN received END`
    : 'received';
  const each = `SELECT n, unnest(reasons) AS reason, unnest(received) AS received FROM (${failing})`;
  const ranked = `SELECT *, ${shown} AS shown, count(*) OVER (PARTITION BY reason) AS rows, row_number() OVER (PARTITION BY reason ORDER BY n) AS nth FROM (${each})`;
  const rows = await session.rows(
    `SELECT reason, rows, origin, row, line, shown FROM (${ranked}) JOIN picked USING (n) WHERE nth <= ${EXAMPLES} ORDER BY rows DESC, reason, nth`,
  );
  return [...Map.groupBy(rows, ({ reason }) => String(reason))].map(([reason, of]) => ({
    reason,
    rows: Number(of[0]!.rows),
    examples: of.map(({ origin, row, line, shown: received }) => ({
      delivery: String(origin),
      row: row === null ? null : Number(row),
      line: line === null ? null : Number(line),
      received: received === null ? null : String(received),
    })),
  }));
}

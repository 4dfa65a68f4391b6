/** The first look at a source: how many records it has, which lines are none, and which repeat earlier ones. */
import type { Contract } from '../../core/contract/model.ts';
import type { Session } from './duckdb.ts';
import { rejectedLines } from './rejects.ts';
import { findRepeats, hashesSql } from './repeats.ts';
import type { Source } from './source.ts';

/** What is known of a source before its records are judged. Leaves the table `repeats(_row, policy, reason)`. */
export interface Scanned {
  /** Records and malformed lines. */
  readonly read: number;
  /** `SELECT`s of the lines that are no records, as `(line, raw)`. */
  readonly malformed: readonly string[];
  /** Records alone. */
  readonly rows: number;
  /** The greatest `_row`: more than `rows` where blank lines count, as those of NDJSON do. */
  readonly last: number;
  /** The policies that occur in `repeats`. */
  readonly policies: readonly string[];
  /** For each part, a `SELECT` of its records with `_row` counted through the whole source. */
  readonly records: readonly string[];
}

/** Scans every part once, side by side. */
export async function scan(session: Session, contract: Contract, source: Source): Promise<Scanned> {
  const parts = await session.each(source.parts, async (part, i, own) => {
    const made = await own.row(`CREATE TABLE scanned_${i} AS ${hashesSql(contract, source, part)}`);
    const { last } = await own.row(`SELECT coalesce(max(_row), 0) AS last FROM scanned_${i}`);
    const malformed = source.rejects ? await rejectedLines(own, part) : [];
    return { rows: Number(made.Count), last: Number(last), malformed };
  });
  const before = parts.map((_, i) => parts.slice(0, i).reduce((sum, { last }) => sum + last, 0));
  const shifted = (from: string, i: number): string =>
    before[i] ? `SELECT * REPLACE (_row + ${before[i]} AS _row) FROM (${from})` : from;
  const hashes = parts.map((_, i) => shifted(`FROM scanned_${i}`, i)).join(' UNION ALL ');
  const records = source.parts.map(({ relation }, i) => shifted(relation, i));
  const malformed = [...(source.cutOut ? [source.cutOut] : []), ...parts.flatMap((part) => part.malformed)];
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  const last = parts.reduce((sum, part) => sum + part.last, 0);
  const policies = await findRepeats(session, contract, source, { hashes, rows, records });
  for (const i of parts.keys()) await session.run(`DROP TABLE scanned_${i}`);
  const lines = malformed.length
    ? Number((await session.row(`SELECT count(*) AS n FROM (${malformed.join(' UNION ALL ')})`)).n)
    : 0;
  return { read: rows + lines, malformed, rows, last, policies, records };
}

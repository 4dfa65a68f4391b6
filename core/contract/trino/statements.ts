/** What Trino is asked about one delivery: number its lines, judge them, count what it judged. */
import { quarantineColumns, tableColumns } from '../../lake/schema.ts';
import type { Contract } from '../model.ts';
import { valueName } from '../sql.ts';
import { ident, quote } from '../text.ts';
import { trino } from './dialect.ts';
import type { Lines } from './lines.ts';
import { refusedSql, verdictsSql } from './verdict.ts';

/** The tables of one delivery, as SQL names them. */
export interface Staged {
  /** The file: `line`. */
  readonly object: string;
  /** Its lines, numbered: `_row`, `line`. */
  readonly rows: string;
  /** Accepted rows, with the columns of the dataset's table. */
  readonly data: string;
  /** Refused rows, with the columns of its quarantine table. */
  readonly quarantine: string;
}

export interface Statements {
  readonly number: string;
  readonly accept: string;
  readonly refuse: string;
  /** Gives `(what, name, n)`; see {@link Counted}. */
  readonly count: string;
}

export interface Origin {
  readonly delivery: string;
  /** When it landed, as ISO 8601 has it. */
  readonly landedAt: string;
}

/** A `SELECT` of named columns into a table that has them. */
const insert = (into: string, columns: Readonly<Record<string, string>>, from: string): string =>
  `INSERT INTO ${into} (${Object.keys(columns).map(ident).join(', ')}) SELECT ${Object.values(columns).join(', ')} FROM (${from})`;

/** Blank lines are no records. */
const isLine = "line <> '' OR line IS NULL";

const columnsOf = (
  wanted: readonly { readonly name: string }[],
  sql: Readonly<Record<string, string>>,
): Record<string, string> => Object.fromEntries(wanted.map(({ name }) => [name, sql[name] ?? ident(name)]));

/**
 * The statements. Lines are numbered once and kept: of two readings of a file neither has an order, and the inserts
 * must agree on which row is which.
 */
export function statementsOf(
  contract: Contract,
  source: Lines,
  staged: Staged,
  { delivery, landedAt }: Origin,
): Statements {
  const lines = `SELECT _row, line FROM ${staged.rows}`;
  const verdicts = verdictsSql(contract, source, lines);
  const accepted = columnsOf(tableColumns(contract), {
    ...Object.fromEntries(contract.fields.map((field) => [field.name, valueName(field)])),
    _delivery: quote(delivery),
    _rescued: source.rescued,
  });
  const refused = columnsOf(quarantineColumns, {
    _delivery: quote(delivery),
    line: 'CAST(NULL AS BIGINT)',
    arrived_at: trino.instantAt(landedAt),
  });
  const count = (what: string, name: string, from: string): string =>
    `SELECT '${what}' AS what, ${name} AS name, count(*) AS n FROM ${from} GROUP BY 1, 2`;
  return {
    number: insert(
      staged.rows,
      { _row: 'row_number() OVER ()', line: 'line' },
      `SELECT * FROM ${staged.object} WHERE ${isLine}`,
    ),
    accept: insert(staged.data, accepted, `SELECT * FROM (${verdicts}) WHERE outcome = 'accepted'`),
    refuse: insert(staged.quarantine, refused, refusedSql(contract, source, verdicts)),
    count: [
      // Of the file itself: what the numbered lines lack would show in the books.
      count(
        'line',
        `CASE WHEN ${source.broken} THEN 'broken' ELSE 'whole' END`,
        `${staged.object} WHERE ${isLine}`,
      ),
      count('outcome', 'outcome', `(${verdicts})`),
      count('reason', 'r', `${staged.quarantine} CROSS JOIN UNNEST(reasons) AS t(r)`),
    ].join(' UNION ALL '),
  };
}

/** What {@link Statements.count} found. */
export interface Counted {
  /** Lines, a header among them, that a record can be. */
  readonly whole: number;
  /** Lines that are none: one goes on in the next, or is no UTF-8. */
  readonly broken: number;
  readonly outcomes: { readonly accepted: number; readonly quarantined: number; readonly duplicate: number };
  readonly reasons: Readonly<Record<string, number>>;
}

/** Reads rows of `(what, name, n)`. */
export function countedOf(rows: readonly (readonly unknown[])[]): Counted {
  const of = (wanted: string) =>
    Object.fromEntries(
      rows.flatMap(([what, name, n]) => (what === wanted ? [[String(name), Number(n)] as const] : [])),
    );
  const none = { whole: 0, broken: 0, accepted: 0, quarantined: 0, duplicate: 0 };
  const { whole, broken } = { ...none, ...of('line') };
  const { accepted, quarantined, duplicate } = { ...none, ...of('outcome') };
  return { whole, broken, outcomes: { accepted, quarantined, duplicate }, reasons: of('reason') };
}

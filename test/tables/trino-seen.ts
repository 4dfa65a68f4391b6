/** One table as both sides see it. */
import { ident } from '../../core/contract/text.ts';
import type { Lake } from '../../platform/query.ts';
import type { Described } from './table.ts';
import type { Trino } from './trino-client.ts';

/** A table in a catalog of Trino's. */
export interface Seen {
  readonly trino: Trino;
  readonly catalog: string;
  readonly lake: Lake;
  readonly table: Described;
}

/** The table, or one of those Trino keeps about it, as Trino names it. */
export const named = ({ catalog, table }: Seen, about = ''): string => {
  const [schema, name] = table.name.split('.') as [string, string];
  return `${catalog}.${ident(schema)}.${ident(name + about)}`;
};

export const rowsOf = async (seen: Seen, sql: string) => (await seen.trino.query(sql)).rows;

/** Rows in one order: tables have none. */
export const sorted = <T>(rows: readonly T[]): T[] =>
  rows
    .map((row) => [JSON.stringify(row), row] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, row]) => row);

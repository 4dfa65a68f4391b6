/** Rows of a query for other programs: numbers are numbers in JSON, and no cell of a CSV runs as a formula. */
import type { QueryResult } from '../platform/query.ts';
import { cell } from './output.ts';

const numeric = /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|U?INTEGER|DECIMAL\(.*\)|DOUBLE|FLOAT)$/;

export const numericColumns = ({ columns }: Pick<QueryResult, 'columns'>): string[] =>
  columns.filter(({ type }) => numeric.test(type)).map(({ name }) => name);

/** How JSON writes a number. */
const jsonNumber = /^-?(0|[1-9][0-9]*)([.][0-9]+)?([eE][+-]?[0-9]+)?$/;

/** Numbers come as text where a double could not hold them: written digit by digit, they stay exact. */
export function jsonRows({ columns, rows }: QueryResult): Record<string, unknown>[] {
  const numbers = new Set(numericColumns({ columns }));
  const exact = (name: string, value: unknown): unknown =>
    numbers.has(name) && typeof value === 'string' && jsonNumber.test(value) ? JSON.rawJSON(value) : value;
  return rows.map((row) =>
    Object.fromEntries(Object.entries(row).map(([name, value]) => [name, exact(name, value)])),
  );
}

/** Cells that a spreadsheet would run as a formula are made plain text; a number is none. */
function csvCell(value: unknown): string {
  const text =
    Array.isArray(value) && value.every((v) => typeof v !== 'object') ? value.join('; ') : cell(value);
  const plain = /^[=+\-@\t\r]/.test(text) && !jsonNumber.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}

export const csv = ({ columns, rows }: QueryResult): string =>
  [
    columns.map(({ name }) => csvCell(name)),
    ...rows.map((row) => columns.map(({ name }) => csvCell(row[name]))),
  ]
    .map((cells) => `${cells.join(',')}\n`)
    .join('');

/** How text files are read: numbered, with a buffer that fits the longest line. */

/** A relation with `_row`, the ordinal of each row from 1. */
export const numbered = (from: string): string => `SELECT *, row_number() OVER () AS _row FROM ${from}`;

/** DuckDB's CSV buffer must hold the longest line; small buffers keep memory down. */
export const bufferSize = (rowBytes: number): number => Math.max(4 << 20, rowBytes * 2);

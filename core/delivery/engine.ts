/** Which engine judges a file. */
export type EngineName = 'duckdb' | 'trino';

/**
 * What a function can hold, DuckDB takes in it; what is larger, Trino takes (in AWS: Athena). Nothing but the size of
 * the object decides. @param over bytes above which Trino takes it; absent: there is no Trino
 */
export const engineFor = (bytes: number, over: number | undefined): EngineName =>
  over !== undefined && bytes > over ? 'trino' : 'duckdb';

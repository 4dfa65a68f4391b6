/** Which engine judges a delivery: events are judged in JavaScript, by `node`. */
export type EngineName = 'duckdb' | 'trino' | 'node';

/**
 * What a function can hold, DuckDB takes in it; what is larger, Trino takes (in AWS: Athena). Nothing but the size of
 * the object decides. @param over bytes above which Trino takes it; absent: there is no Trino
 */
export const engineFor = (bytes: number, over: number | undefined): 'duckdb' | 'trino' =>
  over !== undefined && bytes > over ? 'trino' : 'duckdb';

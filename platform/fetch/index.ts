/** Fetching: any landed file becomes a local file the engine reads in one of three ways. */
import { type FetchOptions, fetchWith } from './fetch.ts';
import type { FetchResult } from './model.ts';
import { rewriteParquet } from './parquet.ts';

export type { FetchOptions } from './fetch.ts';
export type { Fetched, FetchLimits, FetchResult } from './model.ts';

/**
 * Fetches a file: decompresses, makes UTF-8 of it, and normalizes it. A file at fault is a value; only I/O throws.
 * @example const got = await fetchFile(body, { name: 'a.csv.gz', dir, limits }); if (got.ok) got.file.format // 'csv'
 */
export const fetchFile = (source: AsyncIterable<Uint8Array>, options: FetchOptions): Promise<FetchResult> =>
  fetchWith(rewriteParquet, source, options);

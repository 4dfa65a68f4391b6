/** What rewrites files of the lake on this machine. */
import type { TendDeps } from '../platform/compact/tend.ts';
import { Engine } from '../platform/engine/duckdb.ts';
import type { Installation } from './installation.ts';
import { scratch } from './scratch.ts';

/** Lends an engine for rewriting files, and clears up behind it. */
export async function withCompactor<T>(
  installation: Installation,
  state: string,
  work: (deps: TendDeps) => Promise<T>,
): Promise<T> {
  using folder = scratch(state, 'compact');
  const tmp = folder.path;
  // One thread: of several, each would write a file of its own.
  using engine = await Engine.open({ dir: tmp, memoryMb: 1000, threads: 1 });
  const lakeBucket = installation.buckets.lake!;
  return await work({ ...installation, engine: async () => engine, lakeBucket, tmp, now: () => new Date() });
}

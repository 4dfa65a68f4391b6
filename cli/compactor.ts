/** What rewrites files of the lake on this machine. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { TendDeps } from '../platform/compact/tend.ts';
import { Engine } from '../platform/engine/duckdb.ts';
import type { Installation } from './installation.ts';

/** Lends an engine for rewriting files, and clears up behind it. */
export async function withCompactor<T>(
  installation: Installation,
  state: string,
  work: (deps: TendDeps) => Promise<T>,
): Promise<T> {
  const tmp = join(state, 'compact', String(process.pid));
  using _ = { [Symbol.dispose]: () => rmSync(tmp, { recursive: true, force: true }) };
  // One thread: of several, each would write a file of its own.
  using engine = await Engine.open({ dir: tmp, memoryMb: 1000, threads: 1 });
  const lakeBucket = installation.buckets.lake!;
  return await work({ ...installation, engine: async () => engine, lakeBucket, tmp, now: () => new Date() });
}

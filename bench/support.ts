/** What every bench needs: a folder, data, a clock, a table. */

import { execFileSync } from 'node:child_process';
import { createWriteStream, existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Line {
  readonly question: string;
  readonly result: string;
  readonly target?: string;
}

/** Where the real data may stand; benches that need it say so and are left out where it does not. */
const archive = join(import.meta.dirname, '..', '..', 'shared', 'data', 'online-retail-by-day.tar.gz');

/** The 305 daily files of Online Retail joined to one CSV; undefined where the archive is not there. */
export async function onlineRetail(dir: string, times = 1): Promise<string | undefined> {
  if (!existsSync(archive)) return undefined;
  execFileSync('tar', ['-xzf', archive, '-C', dir]);
  const folder = join(dir, 'by-day');
  const path = join(dir, `all-${times}.csv`);
  const out = createWriteStream(path);
  let headed = false;
  for (let i = 0; i < times; i++)
    for (const name of (await readdir(folder)).sort()) {
      const text = await readFile(join(folder, name), 'utf8');
      const body = text.indexOf('\n') + 1;
      out.write(headed ? text.slice(body) : text);
      headed = true;
    }
  await new Promise((done) => out.end(done));
  return path;
}

export async function withFolder<T>(work: (dir: string) => Promise<T>): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), 'wharf-bench-'));
  try {
    return await work(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** Milliseconds of one run. */
export async function time(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** The middle one. */
export const median = (list: readonly number[]): number =>
  [...list].sort((x, y) => x - y)[Math.floor(list.length / 2)]!;

/** Bytes as a person reads them. */
export const size = (bytes: number): string =>
  bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} KB` : `${(bytes / 1e6).toFixed(1)} MB`;

/** The value below which such a share of a list is. */
export const quantile = (list: readonly number[], share: number): number =>
  [...list].sort((a, b) => a - b)[Math.floor((list.length - 1) * share)]!;

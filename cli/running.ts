/** The note `wharf start` leaves in its state folder, so that other commands use its cloud instead of asking it to stop. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Env, LocalCloud } from '../local/model.ts';

export interface Running {
  readonly pid: number;
  readonly buckets: LocalCloud['buckets'];
  /** Endpoints, credentials and the names of tables, as the functions have them. */
  readonly env: Env;
  /** Where the API answers, and the key of whoever started it. */
  readonly api?: string;
  readonly apiKey?: string;
}

const fileOf = (state: string): string => join(state, 'running.json');

/** Leaves the note; only this user may read it. @returns how to take it away again */
export function announce(state: string, running: Running): () => void {
  // A file that is there already would keep its mode.
  rmSync(fileOf(state), { force: true });
  writeFileSync(fileOf(state), JSON.stringify(running, undefined, 2), { mode: 0o600 });
  return () => rmSync(fileOf(state), { force: true });
}

/** The cloud another process keeps up on this state; undefined where none does, or its note has outlived it. */
export function findRunning(state: string): Running | undefined {
  try {
    const running = JSON.parse(readFileSync(fileOf(state), 'utf8')) as Running;
    // The holder of the state is the one who wrote the note: not a later one, not another program of the same number.
    const holder = Number(readFileSync(join(state, 'lock'), 'utf8'));
    return holder === running.pid && process.kill(running.pid, 0) ? running : undefined;
  } catch {
    return undefined;
  }
}

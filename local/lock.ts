import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { WharfError } from '../core/errors.ts';

const held = new Set<string>();

/**
 * Takes a state folder for this process alone, and returns how to give it back. A lock whose process is gone is taken over.
 *
 * @throws WharfError `local.state_in_use`
 */
export function lockState(folder: string): () => void {
  // What lands is nobody else's to read, on a machine of several people.
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, 'lock');
  try {
    writeFileSync(path, String(process.pid), { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const owner = Number(readFileSync(path, 'utf8'));
    // A lock of this very pid that this process does not hold is another's, from before the machine restarted.
    if (owner === process.pid ? held.has(path) : isAlive(owner)) throw inUse(folder, owner);
    rmSync(path, { force: true });
    return lockState(folder);
  }
  held.add(path);
  return () => {
    held.delete(path);
    rmSync(path, { force: true });
  };
}

function isAlive(pid: number): boolean {
  try {
    return pid > 0 && process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

const inUse = (folder: string, pid: number) =>
  new WharfError(`The state in ${folder} is in use by process ${pid}`, {
    code: 'local.state_in_use',
    fix: `Stop that process, or choose another folder with \`--state\`. If process ${pid} is not Wharf, remove ${join(folder, 'lock')}.`,
    route: 'usage',
  });

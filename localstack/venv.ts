/** The project's own Python, in `.venv`: programs that are not on npm, pinned in a requirements file each. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Folder of the project, whatever folder it is run from. */
export const root = join(import.meta.dirname, '..');

const venv = join(root, '.venv');

/** A program of that Python. */
export const venvBin = (name: string): string =>
  join(venv, process.platform === 'win32' ? 'Scripts' : 'bin', name);

/** Why there can be none here, in one line; undefined where there can. */
export function pythonLacking(): string | undefined {
  const asked = spawnSync(
    'python3',
    ['-c', 'import sys, venv, ensurepip; print(sys.version_info >= (3, 11))'],
    {
      encoding: 'utf8',
    },
  );
  if (asked.error) return 'there is no python3';
  if (asked.status !== 0) return 'python3 has no venv and pip';
  return asked.stdout.trim() === 'True' ? undefined : 'python3 is older than 3.11';
}

function run(command: string, args: readonly string[]): void {
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (error || status !== 0)
    throw new Error(`${command} ${args.join(' ')} failed: ${error?.message ?? `exit ${status}`}`);
}

/** Installs the emulator. */
export const emulatorVenv = (): void => makeVenv('emulator', join(import.meta.dirname, 'requirements.txt'));

/**
 * Makes `.venv` and installs what a requirements file asks, unless that was done before.
 * @param name of the file's stamp, which tells whether it was
 */
export function makeVenv(name: string, requirements: string): void {
  const wanted = readFileSync(requirements, 'utf8');
  const stamp = join(venv, `${name}.txt`);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  run('python3', ['-m', 'venv', venv]);
  run(venvBin('python'), ['-m', 'pip', 'install', '--quiet', '--requirement', requirements]);
  writeFileSync(stamp, wanted);
}

/** A Python of our own, with the readers of requirements.txt. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const venv = fileURLToPath(new URL('../../.venv', import.meta.url));
const bin = (name: string): string => join(venv, process.platform === 'win32' ? 'Scripts' : 'bin', name);

function run(command: string, args: readonly string[]): void {
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (error || status !== 0)
    throw new Error(`${command} ${args.join(' ')} failed: ${error?.message ?? `exit ${status}`}`);
}

/** Makes `.venv` and installs what requirements.txt asks, unless that was done before. */
export function makeVenv(): void {
  const wanted = readFileSync(join(here, 'requirements.txt'), 'utf8');
  const stamp = join(venv, 'tables.txt');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  run('python3', ['-m', 'venv', venv]);
  run(bin('python'), ['-m', 'pip', 'install', '--quiet', '-r', join(here, 'requirements.txt')]);
  writeFileSync(stamp, wanted);
}

/** Runs a script of this folder; its lines go to the terminal. @returns whether it ended well */
export function python(script: string, ...args: readonly string[]): Promise<boolean> {
  const child = spawn(bin('python'), [join(here, script), ...args], {
    stdio: ['ignore', 'inherit', 'inherit'],
    // Warnings of libraries about each other are no findings.
    env: { ...process.env, PYTHONWARNINGS: 'ignore', PYTHONDONTWRITEBYTECODE: '1' },
  });
  return new Promise((end) => child.on('close', (code) => end(code === 0)));
}

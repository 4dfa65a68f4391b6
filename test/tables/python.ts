/** A Python of our own, with the readers of requirements.txt. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { makeVenv as make, venvBin } from '../../localstack/venv.ts';

const here = import.meta.dirname;

/** Installs the readers. */
export const makeVenv = (): void => make('tables', join(here, 'requirements.txt'));

/** Runs a script of this folder; its lines go to the terminal. @returns whether it ended well */
export function python(script: string, ...args: readonly string[]): Promise<boolean> {
  const child = spawn(venvBin('python'), [join(here, script), ...args], {
    stdio: ['ignore', 'inherit', 'inherit'],
    // Warnings of libraries about each other are no findings.
    env: { ...process.env, PYTHONWARNINGS: 'ignore', PYTHONDONTWRITEBYTECODE: '1' },
  });
  return new Promise((end) => child.on('close', (code) => end(code === 0)));
}

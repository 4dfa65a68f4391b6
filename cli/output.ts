/** How the command speaks: tables and colours for people, JSON for scripts. */
import Table from 'cli-table3';
import pc from 'picocolors';
import { WharfError } from '../core/errors.ts';

export interface GlobalOptions {
  readonly json?: boolean;
  readonly state: string;
  readonly strict?: boolean;
}

export const exit = { done: 0, failed: 1, usage: 2, refused: 3, interrupted: 130 } as const;

export const number = (value: unknown): string => Number(value).toLocaleString('en-US');

export const printJson = (value: unknown): void => {
  process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
};

export const print = (text = ''): void => {
  process.stdout.write(`${text}\n`);
};

/** A table with a light border; numbers stand to the right. */
export function table(
  head: readonly string[],
  rows: readonly (readonly unknown[])[],
  right: readonly string[] = [],
): string {
  const made = new Table({
    head: head.map((name) => pc.bold(name)),
    style: { head: [], border: [] },
    colAligns: head.map((name) => (right.includes(name) ? 'right' : 'left')),
    chars: { 'left-mid': '', mid: '', 'mid-mid': '', 'right-mid': '' },
  });
  for (const row of rows)
    made.push(row.map((value) => (value === null || value === undefined ? pc.dim('–') : String(value))));
  return made.toString();
}

const colours = { committed: pc.green, duplicate: pc.yellow, refused: pc.red, failed: pc.red } as const;

/** A delivery's state in its colour. */
export const state = (name: string): string =>
  name in colours ? colours[name as keyof typeof colours](name) : name;

/** The most frequent reasons in one line. */
export function topReasons(reasons: Readonly<Record<string, number>>, most = 2): string {
  const sorted = Object.entries(reasons).sort(([, a], [, b]) => b - a);
  const shown = sorted.slice(0, most).map(([reason, n]) => `${reason} ${pc.dim(`×${number(n)}`)}`);
  return [...shown, ...(sorted.length > most ? [pc.dim(`+${sorted.length - most} more`)] : [])].join('\n');
}

/** Prints an error and gives the exit code it asks for. */
export function report(error: unknown, json: boolean): number {
  const { message, code } = error as { message: string; code?: string };
  const known = error instanceof WharfError;
  if (json)
    printJson({ error: { code: known ? code : 'internal', message, fix: known ? error.fix : undefined } });
  else process.stderr.write(`${pc.red('error')} ${message}${known ? pc.dim(` [${code}]`) : ''}\n`);
  if (process.env.WHARF_DEBUG) console.error(error);
  return known && error.route === 'usage' ? exit.usage : exit.failed;
}

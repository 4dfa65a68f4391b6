/** How the command speaks: tables and colours for people, JSON for scripts. */
import Table from 'cli-table3';
import picocolors from 'picocolors';
import { explainError } from './errors.ts';

export interface GlobalOptions {
  readonly json?: boolean;
  readonly state: string;
  readonly strict?: boolean;
}

export const exit = { done: 0, failed: 1, usage: 2, refused: 3, interrupted: 130 } as const;

/** Colours for a stream: only where a person looks at it, whatever a build server's environment asks for. */
const colours = ({ isTTY }: { isTTY?: boolean }) =>
  picocolors.createColors(Boolean(isTTY) && !process.env.NO_COLOR && !process.argv.includes('--no-color'));

/** Colours of standard output. */
export const pc = colours(process.stdout);

export const number = (value: unknown): string => Number(value).toLocaleString('en-US');

export const printJson = (value: unknown): void => {
  process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
};

/** What commands a terminal, but the colours of this command. */
const COMMANDS = /\x1b(?!\[[\d;]*m)|[\0-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f]/g;

/** Keys, headers and values come from strangers: a terminal shows them, and does not obey them. */
const shown = (text: string): string =>
  text.replace(COMMANDS, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`);

export const print = (text = ''): void => {
  process.stdout.write(`${shown(text)}\n`);
};

/** What is said beside the result, and never mixes with it. */
export const note = (text: string): void => {
  process.stderr.write(`${shown(text)}\n`);
};

/** A value as it stands in a cell: lists and objects as JSON. */
export const cell = (value: unknown): string =>
  typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value ?? '');

/** The first sentence of a text, cut between words. */
export function brief(text: string, most = 60): string {
  const [sentence = ''] = text.split(/(?<=[.:]) /, 1);
  return sentence.length <= most ? sentence : `${sentence.slice(0, most).replace(/\W+\w*$/, '')} …`;
}

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
    made.push(row.map((value) => (value === null || value === undefined ? pc.dim('–') : cell(value))));
  return made.toString();
}

const states = {
  ...{ committed: pc.green, duplicate: pc.yellow, refused: pc.red, failed: pc.red },
  ...{ held: pc.yellow, undone: pc.yellow, rolled_back: pc.yellow },
} as const;

/** A delivery's state in its colour. */
export const state = (name: string): string =>
  name in states ? states[name as keyof typeof states](name) : name;

/** The most frequent reasons, a line each. */
export function topReasons(reasons: Readonly<Record<string, number>>, most = 2): string {
  const sorted = Object.entries(reasons).sort(([, a], [, b]) => b - a);
  const shown = sorted.slice(0, most).map(([reason, n]) => `${reason} ${pc.dim(`×${number(n)}`)}`);
  return [...shown, ...(sorted.length > most ? [pc.dim(`+${sorted.length - most} more`)] : [])].join('\n');
}

/** Prints an error and gives the exit code it asks for. */
export function report(error: unknown, json: boolean): number {
  const { usage, ...said } = explainError(error);
  const on = colours(process.stderr);
  if (json) printJson({ error: said });
  else {
    note(`${on.red('error')} ${said.message} ${on.dim(`[${said.code}]`)}`);
    if (said.fix) note(`  ${on.bold('fix')} ${said.fix}`);
  }
  if (process.env.WHARF_DEBUG) console.error(error);
  return usage ? exit.usage : exit.failed;
}

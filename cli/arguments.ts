/** What commands are given: files that must be there, options that must be numbers. */
import { access, constants, stat } from 'node:fs/promises';
import { InvalidArgumentError } from 'commander';
import { WharfError } from '../core/errors.ts';

/**
 * Makes sure that files are there before anything is done with the first of them.
 * @throws WharfError `file.missing`, `file.not_a_file`
 */
export async function requireFiles(files: readonly string[]): Promise<void> {
  for (const file of files) {
    const found = await stat(file).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
    });
    if (found?.isFile()) {
      await access(file, constants.R_OK);
      continue;
    }
    throw new WharfError(found ? `"${file}" is not a file` : `There is no file "${file}"`, {
      code: found ? 'file.not_a_file' : 'file.missing',
      route: 'usage',
      fix: 'Nothing was done; check the path',
    });
  }
}

/** Reads an option that is a number between two. @example option('--limit <n>', 'so many', wholeNumber(1), 50) */
export const wholeNumber =
  (min: number, max = Number.MAX_SAFE_INTEGER) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isInteger(value) && value >= min && value <= max) return value;
    const most = max === Number.MAX_SAFE_INTEGER ? 'or more' : `to ${max}`;
    throw new InvalidArgumentError(`A whole number is expected, ${min} ${most}.`);
  };

/** Reads an option that is a share. */
export function share(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && value <= 1) return value;
  throw new InvalidArgumentError('A share is expected, 0 to 1.');
}

/** Seconds from one thing to the next: the shortest and the longest. */
export type Gap = readonly [from: number, to: number];

const NUMBER = '(\\d+(?:\\.\\d+)?)';
const gaps: readonly (readonly [RegExp, (...numbers: number[]) => Gap])[] = [
  [new RegExp(`^${NUMBER}-${NUMBER}s$`), (from = 0, to = 0) => [from, to]],
  [new RegExp(`^${NUMBER}/s$`), (perSecond = 0) => [1 / perSecond, 1 / perSecond]],
];

/** Reads an option that says how fast things come. @example rate('1-5s') // [1, 5] */
export function rate(text: string): Gap {
  for (const [form, read] of gaps) {
    const [found, ...numbers] = form.exec(text.trim()) ?? [];
    if (found === undefined) continue;
    const [from, to] = read(...numbers.map(Number));
    if (from <= to && to > 0 && to < 3600 && from >= 0.0001) return [from, to];
  }
  throw new InvalidArgumentError('Expected is 1-5s, one every 1 to 5 seconds, or 50/s, so many a second.');
}

const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** Reads an option that is a time, as milliseconds. @example duration('10m') // 600000 */
export function duration(text: string): number {
  const [, value, unit = ''] = new RegExp(`^${NUMBER}(ms|s|m|h)$`).exec(text.trim()) ?? [];
  const ms = Number(value) * (units[unit] ?? 0);
  if (ms > 0) return ms;
  throw new InvalidArgumentError('A time is expected, such as 90s, 10m or 1h.');
}

const timeOf = (text: string): Date | undefined => {
  const time = new Date(text);
  return /^\d{4}-\d\d-\d\d/.test(text) && !Number.isNaN(time.getTime()) ? time : undefined;
};

/** Reads an option that is a moment. */
export function moment(text: string): Date {
  const time = timeOf(text);
  if (time) return time;
  throw new InvalidArgumentError('A time is expected, such as 2026-03-29T01:30:00Z.');
}

const FASTEST = 10_000;

/**
 * Reads an option that sets a clock: what it shows first, how many times as fast it goes, or both.
 * @example clock('2026-02-01T00:00:00Z,60x') // { start: 2026-02-01, speed: 60 }
 */
export function clock(text: string): { start?: Date; speed?: number } {
  const [, first, factor] = /^([^,x]+)?(?:(?:^|,)(\d+(?:\.\d+)?)x)?$/.exec(text.trim()) ?? [];
  const start = first === undefined ? undefined : timeOf(first);
  const speed = factor === undefined ? undefined : Number(factor);
  const isRight = (first === undefined || start) && (speed === undefined || (speed >= 1 && speed <= FASTEST));
  if (isRight && (start || speed)) return { start, speed };
  throw new InvalidArgumentError(
    `A speed of 1x to ${FASTEST}x, a time or both are expected, such as 60x or 2026-02-01T00:00:00Z,60x.`,
  );
}

/** Gathers an option that may come several times. */
export const several = (text: string, before: readonly string[]): string[] => [...before, text];

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

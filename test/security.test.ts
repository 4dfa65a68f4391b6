/** The threat model keeps to the truth: a row names a test that exists, or says that nothing holds it. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const root = join(import.meta.dirname, '..');
const rows = readFileSync(join(root, 'docs/security.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| (---|threat|what) \|/.test(line))
  .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | ?\|$/g, '').trim()));

/** The tests a cell names: a path, and the titles in it. */
const named = (cell: string): [path: string, title: string][] =>
  cell.split('; `').flatMap((part) => {
    const path = /^`?(test\/[^`]+)`/.exec(part)?.[1] ?? '';
    return Array.from(part.matchAll(/“([^”]+)”/g), ([, title]) => [path, title!] as [string, string]);
  });

/** Source as its author reads it, for titles stand between quotes of all kinds. */
const sourceOf = (path: string): string => readFileSync(join(root, path), 'utf8').replaceAll('\\', '');

describe('the threat model', () => {
  it('has a test for every threat, or says that nothing holds it', () => {
    expect(rows.length).toBeGreaterThan(30);
    const bare = rows.filter((cells) => named(cells.at(-1)!).length === 0);
    expect(bare.filter(([, holds = '']) => !/^nothing (here )?holds this/.test(holds))).toEqual([]);
  });

  it('names tests that are there', () => {
    const tests = rows.flatMap((cells) => named(cells.at(-1)!));
    expect(
      tests.filter(([path, title]) => !existsSync(join(root, path)) || !sourceOf(path).includes(title)),
    ).toEqual([]);
  });
});

it('what is said of reliability names tests that are there', () => {
  const page = readFileSync(join(root, 'docs/reliability.md'), 'utf8');
  const named = Array.from(page.matchAll(/`(test\/[^`]+)`((?:,? “[^”]+”)*)/g), ([, path, titles]) => ({
    path: path!,
    titles: Array.from(titles!.matchAll(/“([^”]+)”/g), ([, title]) => title!),
  }));
  expect(named.length).toBeGreaterThan(15);
  const missing = named.filter(
    ({ path, titles }) =>
      !existsSync(join(root, path)) || titles.some((title) => !sourceOf(path).includes(title)),
  );
  expect(missing).toEqual([]);
});

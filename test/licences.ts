/** Licences of what is installed in production, from the lock file. `npm run licences` writes docs/licences.md. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '..');
export const document = join(root, 'docs', 'licences.md');

export interface Licensed {
  readonly name: string;
  readonly version: string;
  /** SPDX, as the package says; undefined where it says nothing. */
  readonly license?: string;
}

interface Locked extends Omit<Licensed, 'name'> {
  readonly dev?: boolean;
}

/** What may be used and passed on by anybody, with no more than a notice. */
const allowed: readonly string[] = [
  ...['MIT', 'MIT-0', 'ISC', '0BSD', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0'],
  ...['BlueOak-1.0.0', 'CC0-1.0', 'Unlicense', 'Python-2.0', 'Zlib'],
];

/** Whether an SPDX expression lets us: one of several licences, or all of those that go together. */
export const isAllowed = (license = ''): boolean =>
  license
    .replace(/[()]/g, '')
    .split(' OR ')
    .some((choice) => choice.split(' AND ').every((one) => allowed.includes(one.trim())));

/** Packages that are not only for development, each version once. */
export function production(): Licensed[] {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Readonly<Record<string, Locked>>;
  };
  const found = Object.entries(packages)
    .filter(([path, { dev }]) => path !== '' && !dev)
    .map(([path, { version, license }]) => ({ name: path.split('node_modules/').at(-1)!, version, license }));
  const byName = new Map(found.map((one) => [`${one.name} ${one.version}`, one]));
  return [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/** The document as it should be. */
export const render = (packages: readonly Licensed[]): string =>
  [
    '# Licences',
    '',
    'What Wharf runs on in production, with the licence each package names. `npm run licences` writes this page;',
    'a test refuses a licence that asks for more than a notice, and a page that is out of date.',
    '',
    '| package | version | licence |',
    '| --- | --- | --- |',
    ...packages.map(({ name, version, license }) => `| ${name} | ${version} | ${license} |`),
    '',
  ].join('\n');

if (import.meta.main) writeFileSync(document, render(production()));

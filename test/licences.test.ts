import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { document, isAllowed, production, render, root } from './licences.ts';

describe('the licences of what runs in production', () => {
  const packages = production();

  it('ask for no more than a notice', () => {
    expect(packages.length).toBeGreaterThan(100);
    expect(packages.filter(({ license }) => !isAllowed(license))).toEqual([]);
  });

  it('are listed as they are installed: `npm run licences` writes the page', () => {
    expect(readFileSync(document, 'utf8')).toBe(render(packages));
  });

  it.each([
    ['MIT', true],
    ['(MIT OR GPL-3.0-or-later)', true],
    ['MIT AND ISC', true],
    ['MIT AND GPL-3.0-only', false],
    ['AGPL-3.0-only', false],
    ['SEE LICENSE IN LICENSE', false],
    ['UNLICENSED', false],
    [undefined, false],
  ])('allow %s: %s', (license, verdict) => {
    expect(isAllowed(license)).toBe(verdict);
  });
});

it('every package is pinned to one version and a hash', () => {
  const read = (name: string) => JSON.parse(readFileSync(join(root, name), 'utf8'));
  const { dependencies, devDependencies } = read('package.json') as Record<string, Record<string, string>>;
  const asked = Object.entries({ ...dependencies, ...devDependencies });
  expect(asked.filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([]);
  const { packages } = read('package-lock.json') as {
    packages: Readonly<Record<string, { integrity?: string; inBundle?: boolean }>>;
  };
  const locked = Object.entries(packages).filter(([path, { inBundle }]) => path !== '' && !inBundle);
  expect(locked.length).toBeGreaterThan(300);
  expect(locked.filter(([, { integrity = '' }]) => !integrity.startsWith('sha512-'))).toEqual([]);
});

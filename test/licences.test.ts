import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { document, isAllowed, production, render } from './licences.ts';

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

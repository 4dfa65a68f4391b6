import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { root } from '../../lib/bundling.ts';
import { lockedPackage } from '../../lib/locked-package.ts';
import { registryAnswers, SKIPPED } from './registry.ts';

const NAME = '@duckdb/node-bindings';
const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
  packages: Record<string, { version: string; integrity: string }>;
};
const pinned = packages[`node_modules/${NAME}`]!;

let project: string;
beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'wharf-locked-'));
});
afterEach(() => rmSync(project, { recursive: true, force: true }));

const lock = (entry: { version: string; integrity: string }) =>
  writeFileSync(
    join(project, 'package-lock.json'),
    JSON.stringify({ packages: { [`node_modules/${NAME}`]: entry } }),
  );
/** From here on the registry of the project does not answer. */
const unplug = () => {
  writeFileSync(join(project, 'package.json'), '{}');
  writeFileSync(join(project, '.npmrc'), '@duckdb:registry=http://127.0.0.1:9/\n');
};
const kept = () => readdirSync(join(project, 'node_modules/.cache/wharf'));

describe('a package of another platform', () => {
  it('is refused when the lock file does not pin it', () => {
    lock(pinned);
    expect(() => lockedPackage(project, '@duckdb/node-bindings-plan9')).toThrow(
      expect.objectContaining({ code: 'bundling.unlocked' }),
    );
  });

  it('is the installed one where this is its platform', () => {
    lock(pinned);
    const installed = join(project, 'node_modules', NAME);
    mkdirSync(installed, { recursive: true });
    expect(lockedPackage(project, NAME)).toBe(installed);
  });

  it('cannot be had from a registry that does not answer, and leaves nothing half done', () => {
    lock(pinned);
    unplug();
    expect(() => lockedPackage(project, NAME)).toThrow(
      expect.objectContaining({ code: 'bundling.unreachable', route: 'usage' }),
    );
    expect(kept()).toEqual([]);
  });
});

const answers = registryAnswers();
describe(`a package that is fetched${answers ? '' : SKIPPED}`, () => {
  const online = answers ? it : it.skip;

  online('is unpacked, and not fetched a second time', () => {
    lock(pinned);
    const folder = lockedPackage(project, NAME);
    expect(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))).toMatchObject({
      name: NAME,
      version: pinned.version,
    });
    unplug();
    expect(lockedPackage(project, NAME)).toBe(folder);
    expect(kept()).toHaveLength(1);
  });

  online('is refused, and not kept, when its hash is not the one in the lock file', () => {
    lock({ ...pinned, integrity: `sha512-${Buffer.alloc(64).toString('base64')}` });
    expect(() => lockedPackage(project, NAME)).toThrow(
      expect.objectContaining({
        code: 'bundling.integrity',
        message: expect.stringContaining(pinned.version),
      }),
    );
    expect(kept()).toEqual([]);
  });
});

/** Packages of the lock file that npm leaves out here because they are for another platform. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { WharfError } from '../core/errors.ts';

interface Locked {
  readonly version: string;
  /** `<algorithm>-<digest in base64>` */
  readonly integrity: string;
}

/**
 * The folder of a package, exactly as package-lock.json of the project pins it: the installed one, or one fetched
 * once, checked against the lock file's hash and kept under node_modules/.cache.
 * @throws WharfError `bundling.unlocked`, `bundling.unreachable`, `bundling.integrity`
 * @example lockedPackage('/project', '@duckdb/node-bindings-linux-arm64') // '/project/node_modules/.cache/wharf/…'
 */
export function lockedPackage(project: string, name: string): string {
  const pinned = locked(project, name);
  const installed = join(project, 'node_modules', name);
  if (existsSync(installed)) return installed;
  const caches = join(project, 'node_modules', '.cache', 'wharf');
  const cache = join(caches, `${name.replace('/', '+')}@${pinned.version}`);
  if (existsSync(cache)) return cache;
  mkdirSync(caches, { recursive: true });
  const scratch = mkdtempSync(join(caches, 'fetching-'));
  try {
    const archive = fetchArchive(project, `${name}@${pinned.version}`, scratch);
    verify(archive, name, pinned);
    execFileSync('tar', ['-xzf', archive, '-C', scratch]);
    // Whole or not at all: a synth that is killed here leaves nothing that looks like the package.
    if (!existsSync(cache)) renameSync(join(scratch, 'package'), cache);
    return cache;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function locked(project: string, name: string): Locked {
  const lock = JSON.parse(readFileSync(join(project, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, Locked | undefined>;
  };
  const entry = lock.packages[`node_modules/${name}`];
  if (entry) return entry;
  throw new WharfError(`package-lock.json does not know ${name}`, {
    code: 'bundling.unlocked',
    fix: 'Run npm install with npm 10 or newer: it locks the packages of every platform',
    route: 'usage',
  });
}

function fetchArchive(project: string, spec: string, folder: string): string {
  try {
    const patience = ['--fetch-retries=2', '--fetch-retry-mintimeout=500', '--fetch-retry-maxtimeout=2000'];
    const command = ['pack', spec, '--loglevel=error', ...patience, '--pack-destination', folder];
    const packed = execFileSync('npm', command, { cwd: project, encoding: 'utf8', stdio: 'pipe' });
    return join(folder, packed.trim().split('\n').at(-1)!);
  } catch (cause) {
    throw new WharfError(`${spec} is for another platform than this one and could not be fetched`, {
      code: 'bundling.unreachable',
      fix: 'Synthesize once with a connection to the npm registry; the package is kept afterwards',
      route: 'usage',
      cause,
    });
  }
}

function verify(archive: string, name: string, { version, integrity }: Locked): void {
  const [algorithm = '', expected] = integrity.split(/-(.*)/s);
  const actual = createHash(algorithm).update(readFileSync(archive)).digest('base64');
  if (actual === expected) return;
  throw new WharfError(
    `${name}@${version} has the hash ${algorithm}-${actual}, the lock file says ${integrity}`,
    {
      code: 'bundling.integrity',
      fix: 'Do not deploy; find out who changed the package',
    },
  );
}

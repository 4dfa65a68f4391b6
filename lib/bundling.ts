/** How a handler becomes an asset: one ES module by esbuild, and beside it DuckDB's binding where it is used. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type BundlingOptions, type ICommandHooks, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { WharfError } from '../core/errors.ts';
import type { WharfConfig } from './config.ts';

/** Folder of the project, whatever folder it is run from. */
export const root = join(import.meta.dirname, '..');

const platforms = { arm64: 'linux-arm64', x86_64: 'linux-x64' } as const;

/** What only exists compiled: left out of the bundle, copied beside it. */
const NATIVE = '@duckdb/node-bindings';

interface Locked {
  readonly version: string;
  readonly integrity: string;
}

function locked(name: string): Locked {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, Locked>;
  };
  const entry = lock.packages[`node_modules/${name}`];
  if (entry) return entry;
  throw new WharfError(`package-lock.json does not know ${name}`, {
    code: 'bundling.unlocked',
    fix: 'Run npm install on a machine with npm 10 or newer',
  });
}

/**
 * The folder of a package of the lock file for another platform than this one: npm installs only its own. Fetched
 * once, checked against the lock file's hash, kept under node_modules/.cache.
 * @throws WharfError `bundling.integrity`
 */
function fetchPackage(name: string): string {
  const { version, integrity } = locked(name);
  const cache = join(root, 'node_modules', '.cache', 'wharf', `${name.replace('/', '-')}-${version}`);
  if (existsSync(cache)) return join(cache, 'package');
  const fresh = `${cache}.${process.pid}`;
  mkdirSync(fresh, { recursive: true });
  const packed = execFileSync(
    'npm',
    ['pack', `${name}@${version}`, '--silent', '--pack-destination', fresh],
    { cwd: root, encoding: 'utf8' },
  );
  const archive = join(fresh, packed.trim().split('\n').at(-1)!);
  const [algorithm = '', expected] = integrity.split(/-(.*)/s);
  const actual = createHash(algorithm).update(readFileSync(archive)).digest('base64');
  if (actual !== expected)
    throw new WharfError(`${name}@${version} has the hash ${actual}, the lock file says ${expected}`, {
      code: 'bundling.integrity',
      fix: 'Do not deploy; find out who changed the package',
    });
  execFileSync('tar', ['-xzf', archive, '-C', fresh]);
  rmSync(archive);
  renameSync(fresh, cache);
  return join(cache, 'package');
}

function copyBinding(architecture: WharfConfig['architecture']): ICommandHooks {
  return {
    beforeInstall: () => [],
    beforeBundling: () => [],
    afterBundling: (_input, output) => {
      const names = [NATIVE, `${NATIVE}-${platforms[architecture]}`];
      return names.flatMap((name) => {
        const target = `${output}/node_modules/${name}`;
        return [`mkdir -p "${target}"`, `cp -R "${fetchPackage(name)}/." "${target}"`];
      });
    },
  };
}

/** Options for a handler; `duckdb`: whether it runs the engine. */
export function bundling({ architecture }: WharfConfig, { duckdb }: { duckdb: boolean }): BundlingOptions {
  return {
    format: OutputFormat.ESM,
    target: 'node24',
    minify: true,
    sourceMap: false,
    mainFields: ['module', 'main'],
    // The SDK goes in too: the runtime's own has no promised version.
    externalModules: duckdb ? [NATIVE] : [],
    // CommonJS packages in an ES module still ask for these.
    banner: "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);",
    ...(duckdb ? { commandHooks: copyBinding(architecture) } : {}),
  };
}

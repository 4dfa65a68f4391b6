/** The functions as they are uploaded: really bundled, looked into, and run where this machine can run them. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CfnResource } from 'aws-cdk-lib/core';
import { registryAnswers, SKIPPED } from './registry.ts';
import { app, COMMIT, INGEST, stackIn, WRITE } from './support.ts';

const MB = 1024 ** 2;
const ASSET = 'aws:asset:path';
const created: string[] = [];
afterAll(() => {
  for (const folder of created) rmSync(folder, { recursive: true, force: true });
});

/** Entry → the folder that is uploaded for it. */
function bundle(architecture: 'arm64' | 'x86_64'): Record<string, string> {
  const out = mkdtempSync(join(tmpdir(), 'wharf-bundle-'));
  created.push(out);
  const cdk = app(
    { architecture, 'aws:cdk:bundling-stacks': ['**'], 'aws:cdk:enable-asset-metadata': true },
    out,
  );
  const stack = stackIn(cdk);
  cdk.synth();
  const metadata = stack.node
    .findAll()
    .map((node) => (node as CfnResource).cfnOptions?.metadata)
    .filter((found) => found?.['wharf:entry'] !== undefined);
  return Object.fromEntries(metadata.map((found) => [found!['wharf:entry'], join(out, found![ASSET])]));
}

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) =>
    statSync(join(folder, path)).isFile(),
  );
const sizeOf = (folder: string): number =>
  filesIn(folder).reduce((sum, path) => sum + statSync(join(folder, path)).size, 0);

/** The processor an ELF file is for, as its header says. */
const machines: Readonly<Record<number, string>> = { 62: 'x86_64', 183: 'arm64' };
const machineOf = (file: string) => machines[readFileSync(file).readUInt16LE(18)];

/** Runs the bundle's handler on an empty batch in a process that sees nothing of this repository. */
function run(folder: string, env: Readonly<Record<string, string>>): unknown {
  const script = `import { handler } from ${JSON.stringify(join(folder, 'index.mjs'))};
    console.log(JSON.stringify(await handler({ Records: [] }, { getRemainingTimeInMillis: () => 1000 })));`;
  const command = ['--input-type=module', '--eval', script];
  return JSON.parse(
    execFileSync(process.execPath, command, {
      cwd: folder,
      encoding: 'utf8',
      env: { AWS_REGION: 'eu-west-1', ...env },
    }),
  );
}

const answers = registryAnswers();
describe(`the functions for arm64${answers ? '' : SKIPPED}`, () => {
  const online = answers ? it : it.skip;
  let folders: Record<string, string> = {};
  beforeAll(() => {
    if (answers) folders = bundle('arm64');
  }, 60_000);

  online('carry DuckDB for arm64 in ingest-file, whatever machine they are built on', () => {
    const binding = join(folders[INGEST]!, 'node_modules/@duckdb/node-bindings-linux-arm64');
    for (const name of ['duckdb.node', 'libduckdb.so']) expect(machineOf(join(binding, name))).toBe('arm64');
    expect(existsSync(join(folders[INGEST]!, 'node_modules/@duckdb/node-bindings/duckdb.js'))).toBe(true);
    expect(readdirSync(join(folders[INGEST]!, 'node_modules/@duckdb'))).toHaveLength(2);
  });

  online.each([COMMIT, WRITE])('carry nothing but one module in %s, and no DuckDB', (entry) => {
    expect(filesIn(folders[entry]!)).toEqual(['index.mjs']);
    expect(readFileSync(join(folders[entry]!, 'index.mjs'), 'utf8').includes('@duckdb/')).toBe(false);
    expect(sizeOf(folders[entry]!)).toBeLessThan(3 * MB);
  });

  online('bring their own SDK', () => {
    const imported = (entry: string) =>
      [...readFileSync(join(folders[entry]!, 'index.mjs'), 'utf8').matchAll(/\bfrom\s*["']([^"']+)["']/g)]
        .map(([, name]) => name!)
        .filter((name) => name.startsWith('@'));
    expect([INGEST, WRITE, COMMIT].map(imported)).toEqual([[], [], []]);
  });

  online('fit into what Lambda takes, 250 MB unzipped', () => {
    expect(sizeOf(folders[INGEST]!)).toBeLessThan(250 * MB);
  });
});

const runsHere = process.platform === 'linux' && process.arch === 'x64';
describe(`the functions for x86_64${runsHere ? '' : ' (skipped: they run on Linux on x64 only)'}`, () => {
  const here = runsHere ? it : it.skip;
  const common = { WHARF_LAKE_BUCKET: 'lake', WHARF_LEDGER_TABLE: 'ledger', WHARF_CATALOG: 'glue' };
  let folders: Record<string, string> = {};
  beforeAll(() => {
    if (runsHere) folders = bundle('x86_64');
  }, 60_000);

  here('run from what is uploaded alone', () => {
    const queue = { WHARF_COMMIT_QUEUE_URL: 'https://sqs.example.com/commits.fifo' };
    const nothingFailed = { batchItemFailures: [] };
    expect(run(folders[INGEST]!, { ...common, ...queue })).toEqual(nothingFailed);
    expect(run(folders[WRITE]!, { ...common, ...queue, WHARF_TIMEOUT: '60' })).toEqual(nothingFailed);
    expect(run(folders[COMMIT]!, common)).toEqual(nothingFailed);
  });

  here('load DuckDB from beside the module', () => {
    const script = "console.log(require('@duckdb/node-bindings').library_version())";
    const version = execFileSync(process.execPath, ['--eval', script], {
      cwd: folders[INGEST]!,
      encoding: 'utf8',
    });
    expect(version).toMatch(/^v\d/);
  });
});

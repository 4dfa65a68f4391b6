/** A function behind the API is one that somebody waits for: its bundle stays small, and what it loads does too. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { build } from 'esbuild';
import { bundling, root } from '../../lib/bundling.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wharf-size-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Loads a module in a process of its own, and tells which of Node's own modules that took. */
const program = 'await import(process.argv[1]); console.log(process.moduleLoadList.join());';

it.each(['accept-event', 'authorize', 'authorize-live', 'live', 'broadcast'])(
  '%s is less than 250 KB, holds no SDK and loads nothing of fetch',
  async (name) => {
    const { minify, target, mainFields, banner } = bundling({ architecture: 'arm64' }, { duckdb: false });
    const outfile = join(folder, `${name}.mjs`);
    const { metafile } = await build({
      ...{ entryPoints: [join(root, 'lambdas', name, 'handler.ts')], outfile, bundle: true },
      ...{ platform: 'node', format: 'esm', banner: { js: banner! } },
      ...{ minify, target, mainFields, metafile: true },
    });
    const [{ bytes } = { bytes: Number.NaN }] = Object.values(metafile.outputs);
    expect(bytes).toBeLessThan(250_000);
    expect(Object.keys(metafile.inputs).filter((path) => /@aws-sdk|@smithy/.test(path))).toEqual([]);
    const args = ['--input-type=module', '--eval', program, '--', outfile];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    expect(stdout).toContain('internal/modules');
    expect(stdout).not.toContain('undici');
  },
);

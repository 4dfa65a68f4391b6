/** How large are the functions, and how long does a new instance take to its first handler line? */
import { execFile } from 'node:child_process';
import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { bundling } from '../lib/bundling.ts';
import { type Line, median } from './support.ts';

const root = join(import.meta.dirname, '..');
/** Within the project, so that DuckDB's binding, which no bundle holds, is found. */
const folder = join(root, 'node_modules', '.cache', 'wharf-bench');

/** Bundles a function as the app does. */
async function bundle(name: string, duckdb: boolean): Promise<string> {
  const options = bundling({ architecture: 'arm64' }, { duckdb });
  const { minify, target, banner, externalModules, mainFields } = options;
  const outfile = join(folder, `${name}.mjs`);
  await build({
    ...{ entryPoints: [join(root, 'lambdas', name, 'handler.ts')], outfile, bundle: true },
    ...{ platform: 'node', format: 'esm', minify, target, mainFields, banner: { js: banner! } },
    external: [...(externalModules ?? [])],
  });
  return outfile;
}

/** A process that imports the module and calls the handler without any message. */
const program = (module: string): string => `
  const start = performance.now();
  const { handler } = await import(${JSON.stringify(pathToFileURL(module).href)});
  await handler({ Records: [] }, {});
  console.log(performance.now() - start);`;

const env = {
  WHARF_LAKE_BUCKET: 'lake',
  WHARF_LEDGER_TABLE: 'ledger',
  WHARF_CATALOG: 'glue',
  WHARF_EVENTS_QUEUE_URL: 'http://127.0.0.1:9/events',
  WHARF_ORDERED_QUEUE_URL: 'http://127.0.0.1:9/ordered.fifo',
  WHARF_LANDING_BUCKET: 'landing',
  WHARF_COMMIT_QUEUE_URL: 'http://127.0.0.1:9/commit',
  AWS_REGION: 'us-east-1',
};

async function coldStart(module: string): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < 7; i++) {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--input-type=module', '-e', program(module)],
      { env: { ...process.env, ...env } },
    );
    times.push(Number(stdout.trim().split('\n').at(-1)));
  }
  return median(times);
}

export async function coldStartBench(): Promise<Line[]> {
  await mkdir(folder, { recursive: true });
  try {
    const lines: Line[] = [];
    for (const [name, duckdb] of [
      ['ingest-file', true],
      ['commit', false],
      ['accept-event', false],
      ['authorize', false],
    ] as const) {
      const module = await bundle(name, duckdb);
      const size = `${((await stat(module)).size / 1e6).toFixed(2)} MB${duckdb ? ' and the binding of DuckDB' : ''}`;
      lines.push({ question: `${name}: bundle`, result: size });
      lines.push({
        question: `${name}: import to first handler line`,
        result: `${(await coldStart(module)).toFixed(0)} ms`,
      });
    }
    return lines;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { glob, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { WharfError } from '../core/errors.ts';
import type { Template } from './topology/template.ts';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** Whatever the stack is made from: while none of it changes, neither does the template. */
const inputs = ['bin/app.ts', '{lib,core,datasets}/**/*.{ts,json}', 'package-lock.json', 'cdk.json'];

const failed = (what: string, fix: string) =>
  new WharfError(what, { code: 'local.synth_failed', fix, route: 'usage' });

/**
 * The template of the CDK app, without the functions' bundles. Synthesized when the stack's sources have changed,
 * otherwise as kept in the state folder. `app` is the folder that holds the CDK app.
 *
 * @throws WharfError `local.synth_failed`
 */
export async function synthesize(state: string, app = root): Promise<Template> {
  const name = `template.${await digestInputs(app)}.json`;
  const kept = await readFile(join(state, name), 'utf8').catch(() => undefined);
  if (kept) return JSON.parse(kept) as Template;
  await mkdir(state, { recursive: true });
  // Several processes may be at this at once: each makes it in a folder of its own, and what is kept is whole.
  const folder = await mkdtemp(join(resolve(state), 'cdk.out-'));
  try {
    await runApp(app, folder);
    const template = await readTemplate(folder);
    await writeFile(join(folder, name), JSON.stringify(template));
    for await (const old of glob('template.*.json', { cwd: state }))
      await rm(join(state, old), { force: true });
    await rename(join(folder, name), join(state, name));
    return template;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function digestInputs(app: string): Promise<string> {
  const hash = createHash('sha256');
  const paths = await Array.fromAsync(glob(inputs, { cwd: app }));
  for (const path of paths.sort())
    hash
      .update(path)
      .update('\0')
      .update(await readFile(join(app, path)));
  return hash.digest('hex');
}

async function runApp(app: string, folder: string): Promise<void> {
  const { context = {} } = JSON.parse(await readFile(join(app, 'cdk.json'), 'utf8')) as { context?: object };
  const synth = spawn(process.execPath, ['bin/app.ts'], {
    cwd: app,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      ...process.env,
      CDK_OUTDIR: folder,
      // `npx cdk synth` validates; here it would be most of the time it takes.
      CDK_VALIDATION: 'false',
      CDK_CONTEXT_JSON: JSON.stringify({ ...context, 'aws:cdk:bundling-stacks': [] }),
    },
  });
  const [complaints, code] = await Promise.all([
    text(synth.stderr),
    new Promise<number | null>((end, fail) => synth.once('error', fail).once('close', end)),
  ]);
  if (code !== 0)
    throw failed(`The CDK app ended with ${code}: ${complaints.trim().slice(-2000)}`, 'Run `npx cdk synth`.');
}

interface Manifest {
  readonly artifacts: Readonly<
    Record<string, { readonly type: string; readonly properties?: { readonly templateFile?: string } }>
  >;
}

async function readTemplate(folder: string): Promise<Template> {
  const { artifacts } = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')) as Manifest;
  const stacks = Object.values(artifacts).filter(({ type }) => type === 'aws:cloudformation:stack');
  const file = stacks[0]?.properties?.templateFile;
  if (!file || stacks.length > 1) {
    throw failed(
      `The CDK app makes ${stacks.length} stacks; one machine runs one`,
      'Name one stack in bin/app.ts.',
    );
  }
  return JSON.parse(await readFile(join(folder, file), 'utf8')) as Template;
}

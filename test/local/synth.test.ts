import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { synthesize } from '../../local/synth.ts';
import { temporaryState } from './fixtures/bench.ts';

/** A CDK app in miniature: writes what an assembly has, and how often and with which context it ran. */
const app = (stacks: readonly string[]) => `
  import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
  const out = process.env.CDK_OUTDIR;
  mkdirSync(out, { recursive: true });
  appendFileSync('runs', process.env.CDK_CONTEXT_JSON + '\\n');
  const artifacts = Object.fromEntries(${JSON.stringify(stacks)}.map((name) => [
    name, { type: 'aws:cloudformation:stack', properties: { templateFile: name + '.template.json' } },
  ]));
  for (const name in artifacts) writeFileSync(out + '/' + name + '.template.json', JSON.stringify({ Resources: {} }));
  writeFileSync(out + '/manifest.json', JSON.stringify({ artifacts: { ...artifacts, tree: { type: 'cdk:tree' } } }));
`;

async function makeApp(folder: string, source: string): Promise<string> {
  const home = join(folder, 'app');
  await mkdir(join(home, 'bin'), { recursive: true });
  await mkdir(join(home, 'lib'), { recursive: true });
  await writeFile(join(home, 'bin/app.ts'), source);
  await writeFile(join(home, 'lib/stack.ts'), 'export {};');
  await writeFile(join(home, 'cdk.json'), JSON.stringify({ context: { stage: 'dev' } }));
  return home;
}

it('synthesizes once, unbundled, and again only when a source of the stack has changed', async () => {
  await using state = await temporaryState();
  const home = await makeApp(state.folder, app(['Wharf-dev']));
  const runs = async () => (await readFile(join(home, 'runs'), 'utf8')).trim().split('\n');
  expect(await synthesize(state.folder, home)).toEqual({ Resources: {} });
  await synthesize(state.folder, home);
  expect(await runs()).toEqual([JSON.stringify({ stage: 'dev', 'aws:cdk:bundling-stacks': [] })]);
  await writeFile(join(home, 'lib/stack.ts'), 'export const changed = true;');
  await synthesize(state.folder, home);
  expect(await runs()).toHaveLength(2);
});

it('tries again after a synthesis that failed', async () => {
  await using state = await temporaryState();
  const home = await makeApp(state.folder, 'throw new Error("no such stage");');
  for (const _ of [1, 2]) {
    await expect(synthesize(state.folder, home)).rejects.toMatchObject({
      code: 'local.synth_failed',
      message: expect.stringContaining('no such stage'),
    });
  }
});

it('refuses an app of several stacks', async () => {
  await using state = await temporaryState();
  const home = await makeApp(state.folder, app(['One', 'Two']));
  await expect(synthesize(state.folder, home)).rejects.toMatchObject({ code: 'local.synth_failed' });
});

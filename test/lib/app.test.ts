import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';
import { datasets } from '../../datasets/index.ts';
import { root } from '../../lib/bundling.ts';

/** Runs the CDK app as the `cdk` command does, on a machine that has no account: no credentials, no home. */
async function synth(context: Readonly<Record<string, unknown>>, folder: string): Promise<void> {
  const env = {
    PATH: process.env.PATH,
    CDK_OUTDIR: folder,
    CDK_CONTEXT_JSON: JSON.stringify({ ...context, 'aws:cdk:bundling-stacks': [] }),
  };
  await promisify(execFile)(process.execPath, ['bin/app.ts'], { cwd: root, env });
}

const read = async (path: string) => JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;

it('synthesizes one valid stack for the stage, without an account', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'wharf-app-'));
  try {
    await synth({ stage: 'shop' }, folder);
    const { artifacts } = (await read(join(folder, 'manifest.json'))) as {
      artifacts: Record<string, { type: string; environment?: string }>;
    };
    const stacks = Object.entries(artifacts).filter(([, { type }]) => type === 'aws:cloudformation:stack');
    expect(stacks).toMatchObject([['Wharf-shop', { environment: 'aws://unknown-account/unknown-region' }]]);
    // CDK holds the template against the schemas of its resources as it synthesizes.
    expect(await read(join(folder, 'validation-report.json'))).toMatchObject({ pluginReports: [] });

    const { Resources } = (await read(join(folder, 'Wharf-shop.template.json'))) as {
      Resources: Record<string, { Type: string }>;
    };
    const databases = Object.values(Resources).filter(({ Type }) => Type === 'AWS::Glue::Database');
    // And one for files under way.
    expect(databases).toHaveLength(new Set(datasets.map(({ domain }) => domain)).size + 1);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

it('stops at a configuration that is wrong, and says where', async () => {
  await expect(synth({ stage: 'Not A Stage' }, join(tmpdir(), 'wharf-app-none'))).rejects.toThrow(/stage: /);
});

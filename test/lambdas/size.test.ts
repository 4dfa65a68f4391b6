/** A function behind the API is one that somebody waits for: its bundle stays small. */
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { build } from 'esbuild';
import { bundling, root } from '../../lib/bundling.ts';

it.each(['accept-event', 'authorize', 'authorize-live', 'live', 'broadcast'])(
  '%s is less than 250 KB, and holds no SDK',
  async (name) => {
    const { minify, target, mainFields } = bundling({ architecture: 'arm64' }, { duckdb: false });
    const { outputFiles, metafile } = await build({
      ...{
        entryPoints: [join(root, 'lambdas', name, 'handler.ts')],
        bundle: true,
        platform: 'node',
        format: 'esm',
      },
      ...{ minify, target, mainFields, write: false, metafile: true },
    });
    expect(outputFiles[0]!.contents.length).toBeLessThan(250_000);
    expect(Object.keys(metafile.inputs).filter((path) => /@aws-sdk|@smithy/.test(path))).toEqual([]);
  },
);

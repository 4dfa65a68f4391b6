/** How a handler becomes an asset: one ES module by esbuild, and beside it DuckDB's binding where it is used. */
import { join } from 'node:path';
import { type BundlingOptions, type ICommandHooks, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import type { WharfConfig } from './config.ts';
import { lockedPackage } from './locked-package.ts';

/** Folder of the project, whatever folder it is run from. */
export const root = join(import.meta.dirname, '..');

type Architecture = WharfConfig['architecture'];

/** What only exists compiled: left out of the bundle, copied beside it. */
const BINDING = '@duckdb/node-bindings';

const compiled: Record<Architecture, string> = {
  arm64: `${BINDING}-linux-arm64`,
  x86_64: `${BINDING}-linux-x64`,
};

function copyBinding(architecture: Architecture): ICommandHooks {
  return {
    beforeInstall: () => [],
    beforeBundling: () => [],
    afterBundling: (_input, output) =>
      [BINDING, compiled[architecture]].flatMap((name) => {
        const target = `${output}/node_modules/${name}`;
        return [`mkdir -p "${target}"`, `cp -R "${lockedPackage(root, name)}/." "${target}"`];
      }),
  };
}

/** Options for a handler; `duckdb`: whether it runs the engine. */
export function bundling(
  { architecture }: Pick<WharfConfig, 'architecture'>,
  { duckdb }: { duckdb: boolean },
): BundlingOptions {
  return {
    format: OutputFormat.ESM,
    target: 'node24',
    minify: true,
    sourceMap: false,
    mainFields: ['module', 'main'],
    // The SDK goes in too: the runtime's own has no promised version.
    externalModules: duckdb ? [BINDING] : [],
    // CommonJS packages in an ES module still ask for these.
    banner: "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);",
    ...(duckdb ? { commandHooks: copyBinding(architecture) } : {}),
  };
}

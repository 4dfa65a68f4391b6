/**
 * `npm run test:e2e`: the unmodified stack is deployed to an emulator that nobody here wrote, with its policies
 * enforced, and the tests of this folder and the suite of the local cloud run on it.
 * Ends with 0 when all hold, or when there is no Python for the emulator (one line says so); else with 1.
 */
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bootstrap, deploy, emulatorEnv } from '../../localstack/deploy.ts';
import { endBySignal, inherited, startMiniStack } from '../../localstack/ministack.ts';
import { emulatorVenv, pythonLacking, root } from '../../localstack/venv.ts';
import { allowBatches } from './control.ts';
import type { Deployment } from './deployed.ts';

/** Runs a part of this and says how long it took. */
async function phase<T>(title: string, work: () => T | Promise<T>): Promise<T> {
  const started = performance.now();
  try {
    return await work();
  } finally {
    console.log(`${title}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
  }
}

function jest(deployment: Deployment): Promise<number> {
  const { emulator } = deployment;
  const child = spawn(
    process.execPath,
    [
      ...['--experimental-vm-modules', '--no-warnings', join(root, 'node_modules/jest/bin/jest.js')],
      ...['--config', 'test/e2e/jest.config.mjs', '--verbose', ...process.argv.slice(2)],
    ],
    {
      cwd: root,
      stdio: 'inherit',
      env: {
        ...inherited(),
        ...emulatorEnv(emulator),
        WHARF_E2E: JSON.stringify(deployment),
        WHARF_TEST_GLUE_ENDPOINT: emulator.endpoint,
      },
    },
  );
  process.once('exit', () => child.kill());
  return new Promise((end, fail) => child.once('error', fail).once('close', (code) => end(code ?? 1)));
}

/** Errors the functions logged, each once; some belong to the tests. */
async function complaints(log: string): Promise<string[]> {
  const said = (await readFile(log, 'utf8')).matchAll(
    /"error":\{"name":"([^"]*)".*?"message":"([^"]{0,200})/g,
  );
  return [...new Set(Array.from(said, ([, name, message]) => `${name}: ${message}`))];
}

async function run(): Promise<number> {
  const lacking = pythonLacking();
  if (lacking) {
    console.log(`skipped: the emulator needs Python 3.11 or newer with venv and pip, and ${lacking}`);
    return 0;
  }
  await phase('Python packages', emulatorVenv);
  const log = join(root, '.wharf-e2e.log');
  await using emulator = await phase('MiniStack up', () => startMiniStack({ auth: true, log }));
  await phase('cdk bootstrap', () => bootstrap(emulator));
  const outputs = await phase('cdk deploy', () => deploy(emulator));
  await allowBatches(emulator);
  const code = await phase('tests', () => jest({ emulator, outputs }));
  if (code !== 0) {
    for (const error of await complaints(log)) console.log(`a function said: ${error}`);
    console.log(`All that the emulator and the functions said is in ${log}`);
  }
  return code;
}

endBySignal();
process.exitCode = await run();

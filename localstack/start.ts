/**
 * `npm run emulator`: the stack on an emulator of AWS, to try by hand. Without `--endpoint` it starts MiniStack,
 * which needs Python and no Docker, and keeps it up until Ctrl-C.
 */
import { parseArgs } from 'node:util';
import { WharfError } from '../core/errors.ts';
import { bootstrap, deploy, type Emulator, emulatorEnv } from './deploy.ts';
import { endBySignal, startMiniStack } from './ministack.ts';
import { emulatorVenv, pythonLacking } from './venv.ts';

const usage = `npm run emulator -- [options]
  --endpoint URL   deploy to an emulator that runs there, e.g. http://localhost:4566
  --port N         where MiniStack listens (4566)
  --enforce        MiniStack enforces policies, and answers over TLS only
  --log FILE       what MiniStack and the functions say`;

const options = {
  endpoint: { type: 'string' },
  port: { type: 'string', default: '4566' },
  enforce: { type: 'boolean', default: false },
  log: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const;

/** Deploys, and says where everything is. */
async function show(emulator: Emulator): Promise<void> {
  console.log(`Deploying to ${emulator.endpoint} ...`);
  await bootstrap(emulator);
  const outputs = await deploy(emulator);
  console.log('\nIn the shell that is to use it:');
  for (const [name, value] of Object.entries(emulatorEnv(emulator))) console.log(`  export ${name}=${value}`);
  console.log('\nThe stack:');
  for (const [name, value] of Object.entries(outputs)) console.log(`  ${name.padEnd(18)} ${value}`);
  console.log(`\nA file lands as s3://${outputs.LandingBucketName}/landing/<domain>/<dataset>/<file>`);
}

async function miniStack(port: number, auth: boolean, log?: string): Promise<void> {
  const lacking = pythonLacking();
  if (lacking)
    throw new WharfError(`MiniStack needs Python 3.11 or newer with venv and pip, and ${lacking}`, {
      code: 'emulator.no_python',
      fix: 'Install it, or start another emulator and name it with --endpoint',
      route: 'usage',
    });
  emulatorVenv();
  await using emulator = await startMiniStack({ port, auth, log });
  await show(emulator);
  console.log('\nCtrl-C ends it, and what it holds is gone.');
  await emulator.ended;
}

try {
  const { values } = parseArgs({ options });
  endBySignal();
  if (values.help) console.log(usage);
  else if (values.endpoint) await show({ endpoint: values.endpoint });
  else await miniStack(Number(values.port), values.enforce, values.log);
} catch (error) {
  const { message, code } = error as { message: string; code?: string };
  console.error(message);
  const isUsage = code?.startsWith('ERR_PARSE_ARGS');
  if (isUsage) console.error(usage);
  process.exitCode = isUsage ? 2 : 1;
}

/** The CDK app deployed to an emulator by the ordinary `cdk` command. */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { WharfError } from '../core/errors.ts';
import { inherited, type MiniStack, trusting } from './ministack.ts';
import { root } from './venv.ts';

/** Where an emulator answers: MiniStack, LocalStack or another. */
export type Emulator = Pick<MiniStack, 'endpoint' | 'certificate'>;

/** What the clients of an emulator find in their environment. */
export const emulatorEnv = ({ endpoint, certificate }: Emulator) => ({
  AWS_ENDPOINT_URL: endpoint,
  AWS_ENDPOINT_URL_S3: endpoint,
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  ...trusting(certificate, ['NODE_EXTRA_CA_CERTS', 'AWS_CA_BUNDLE']),
});

/** Outputs of the stack by name: `LandingBucketName`, … */
export type Outputs = Readonly<Record<string, string>>;

const ACCOUNT = '000000000000';

/** Functions run on this machine's processor there. */
const architecture = process.arch === 'arm64' ? 'arm64' : 'x86_64';

async function cdk(emulator: Emulator, args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [join(root, 'node_modules/aws-cdk/bin/cdk'), ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...inherited(),
      ...emulatorEnv(emulator),
      CI: 'true',
      CDK_DISABLE_CLI_TELEMETRY: 'true',
    },
  });
  const ended = new Promise<number | null>((end, fail) => child.once('error', fail).once('close', end));
  const [said, complained, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  if (code !== 0)
    throw new WharfError(`cdk ${args[0]} ended with ${code}: ${`${said}${complained}`.trim().slice(-3000)}`, {
      code: 'emulator.deploy_failed',
    });
}

/** `cdk bootstrap`: the bucket and the roles that deployments use. */
export const bootstrap = (emulator: Emulator): Promise<void> =>
  // With an app it would be synthesized for this, for nothing.
  cdk(emulator, ['bootstrap', `aws://${ACCOUNT}/us-east-1`, '--app', '']);

/**
 * `cdk deploy` of the app as it is; only the processor is this machine's.
 * @param context values for `-c`
 */
export async function deploy(
  emulator: Emulator,
  context: Readonly<Record<string, string>> = {},
): Promise<Outputs> {
  const folder = await mkdtemp(join(tmpdir(), 'wharf-deploy-'));
  try {
    const file = join(folder, 'outputs.json');
    const values = Object.entries({ architecture, ...context }).flatMap(([k, v]) => ['-c', `${k}=${v}`]);
    const how = [
      '--all',
      '--require-approval',
      'never',
      '--outputs-file',
      file,
      '--output',
      join(folder, 'out'),
    ];
    await cdk(emulator, ['deploy', ...how, ...values]);
    const [outputs] = Object.values(JSON.parse(await readFile(file, 'utf8')) as Record<string, Outputs>);
    return outputs!;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** MiniStack, an emulator of AWS from PyPI: one process on the loopback interface, no Docker, nothing left behind. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, rmSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { WharfError } from '../core/errors.ts';
import { root, venvBin } from './venv.ts';

export interface MiniStackOptions {
  /** @default 0, a free one */
  readonly port?: number;
  /** Whether policies are enforced, and TLS with them: ours refuse what comes without. @default false */
  readonly auth?: boolean;
  /** File for what the emulator and the functions say. @default nowhere */
  readonly log?: string;
}

/** A running emulator. Disposing of it ends it and every function it started, and removes their files. */
export interface MiniStack extends AsyncDisposable {
  readonly endpoint: string;
  /** The certificate it made itself, in a file; this process trusts it already. */
  readonly certificate?: string;
  /** Resolves when it is gone, whoever ended it. */
  readonly ended: Promise<unknown>;
}

/** Signals end this process as they would, but what waits for its end gets to know. */
export function endBySignal(): void {
  for (const [name, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)
    process.once(name, () => process.exit(code));
}

/** How long it may take to answer: it takes a third of a second where nothing else runs. */
const PATIENCE_MS = 30_000;

/**
 * Starts MiniStack. `makeVenv` must have installed it.
 * @throws WharfError `emulator.not_started`
 * @example await using emulator = await startMiniStack({ auth: true });
 */
export async function startMiniStack({
  port = 0,
  auth = false,
  log,
}: MiniStackOptions = {}): Promise<MiniStack> {
  const listening = port || (await freePort());
  const endpoint = `${auth ? 'https' : 'http'}://127.0.0.1:${listening}`;
  const folder = await mkdtemp(join(tmpdir(), 'wharf-ministack-'));
  const certificate = auth ? join(folder, 'ministack-tls', 'server.crt') : undefined;
  const output = createWriteStream(log ?? '/dev/null');
  await once(output, 'open');
  const emulator = spawn(venvBin('python'), ['-m', 'ministack'], {
    cwd: folder,
    // A group of its own: the functions it starts end with it.
    detached: true,
    stdio: ['ignore', output, output],
    env: {
      ...inherited(),
      GATEWAY_PORT: String(listening),
      BIND_HOST: '127.0.0.1',
      AUTH: String(auth),
      USE_SSL: String(auth),
      // Functions in Node and in Python speak to nobody but the emulator.
      ...trusting(certificate, [
        'NODE_EXTRA_CA_CERTS',
        'AWS_CA_BUNDLE',
        'REQUESTS_CA_BUNDLE',
        'SSL_CERT_FILE',
      ]),
      // What is not used need not listen.
      IOT_MTLS_ENABLED: '0',
      LAMBDA_ACCOUNT_CONCURRENCY: '10',
      TMPDIR: folder,
      // Functions run on the Node that runs this.
      PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
      // CDK's own custom resources expect the SDK to be there.
      NODE_PATH: join(root, 'node_modules'),
    },
  });
  const gone = once(emulator, 'exit');
  const stop = async () => {
    if (emulator.pid && emulator.exitCode === null) {
      signal(emulator.pid, 'SIGTERM');
      await Promise.race([gone, sleep(5000, undefined, { ref: false })]);
      signal(emulator.pid, 'SIGKILL');
    }
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  };
  const onExit = () => {
    signal(emulator.pid, 'SIGKILL');
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  };
  process.once('exit', onExit);
  const started: MiniStack = {
    endpoint,
    certificate,
    ended: gone,
    [Symbol.asyncDispose]: () => stop().finally(() => process.off('exit', onExit)),
  };
  for (const until = Date.now() + PATIENCE_MS; Date.now() < until && emulator.exitCode === null; ) {
    if (await answers(started)) return started;
    await sleep(50);
  }
  await started[Symbol.asyncDispose]();
  throw new WharfError(`MiniStack did not answer on ${endpoint}`, {
    code: 'emulator.not_started',
    fix: log ? `Look into ${log}.` : 'Is the port taken by another program?',
  });
}

/** The environment without anybody's AWS settings: nothing here may reach a real account. */
export const inherited = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_')));

/** Variables that name the certificates to trust, all with the emulator's. */
export const trusting = (
  certificate: string | undefined,
  names: readonly string[],
): Record<string, string> =>
  certificate ? Object.fromEntries(names.map((name) => [name, certificate])) : {};

async function answers({
  endpoint,
  certificate,
}: Pick<MiniStack, 'endpoint' | 'certificate'>): Promise<boolean> {
  try {
    if (certificate)
      setDefaultCACertificates([...getCACertificates('bundled'), await readFile(certificate, 'utf8')]);
    return (await fetch(`${endpoint}/_ministack/health`)).ok;
  } catch {
    return false;
  }
}

function signal(group: number | undefined, with_: NodeJS.Signals): void {
  try {
    if (group) process.kill(-group, with_);
  } catch {
    // The whole group is gone already.
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** The command as its users run it: a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { S3Client } from '@aws-sdk/client-s3';

export const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Ran {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ran>;
}

/** Starts `wharf …`. What the tests' own environment says about colours is not passed on. */
export function start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
  const { FORCE_COLOR: _force, NO_COLOR: _no, ...inherited } = process.env;
  const child = spawn(process.execPath, ['--no-warnings', join(root, 'bin/wharf.mjs'), ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...inherited, ...env },
  });
  const exited = new Promise<[number | null, NodeJS.Signals | null]>((end) => {
    child.once('close', (code, signal) => end([code, signal]));
  });
  const ended = Promise.all([exited, text(child.stdout!), text(child.stderr!)]).then(
    ([[code, signal], stdout, stderr]) => ({ code, signal, stdout, stderr }),
  );
  return { child, ended };
}

/** Commands on one state folder of their own, and a folder for files beside it. */
export async function workplace() {
  const dir = await mkdtemp(join(tmpdir(), 'wharf-cli-'));
  const state = join(dir, 'state');
  const children = new Set<ChildProcess>();
  const begin = (args: readonly string[]): Running => {
    const running = start(['--state', state, ...args]);
    children.add(running.child);
    running.child.once('close', () => children.delete(running.child));
    return running;
  };
  return {
    ...{ dir, state },
    file: (name: string) => join(dir, name),
    start: (...args: string[]): Running => begin(args),
    run: (...args: string[]): Promise<Ran> => begin(args).ended,
    /** The whole of standard output must be one JSON value. */
    async json<T>(...args: string[]): Promise<T> {
      const { stdout, stderr } = await begin(['--json', ...args]).ended;
      try {
        return JSON.parse(stdout) as T;
      } catch {
        throw new Error(`wharf ${args.join(' ')} printed no JSON: ${stdout}\n${stderr}`);
      }
    },
    /** Whatever became of the test, nothing it started is left. */
    async [Symbol.asyncDispose]() {
      for (const child of children) child.kill('SIGKILL');
      await rm(dir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

export type Workplace = Awaited<ReturnType<typeof workplace>>;

/** What `wharf start` says once it is ready. */
export interface Ready {
  readonly s3: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly buckets: Readonly<Record<string, string>>;
  readonly api: string;
  readonly ws: string;
  readonly apiKey: string;
  readonly pid: number;
}

/** Any ports that are free. */
export const FREE_PORTS = ['--port', '0', '--api-port', '0', '--ws-port', '0'] as const;

/** Runs `wharf start` until it is ready; `s3` is a client such as any program has. */
export async function started(place: Workplace, ...args: string[]) {
  const file = place.file('ready.json');
  await rm(file, { force: true });
  // A test that asks for no clock is not to hear of what happens to be due.
  const jobs = args.includes('--clock') ? [] : ['--no-jobs'];
  const running = place.start('start', ...FREE_PORTS, '--ready-file', file, ...jobs, ...args);
  await until('start is ready', () => existsSync(file));
  const ready = JSON.parse(await readFile(file, 'utf8')) as Ready;
  const { s3: endpoint, region, accessKeyId, secretAccessKey } = ready;
  const credentials = { accessKeyId, secretAccessKey };
  const s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true, maxAttempts: 1 });
  return { ...running, ready, s3 };
}

/** Waits until something is so. */
export async function until(
  what: string,
  look: () => Promise<unknown> | unknown,
  ms = 20_000,
): Promise<void> {
  for (const end = Date.now() + ms; Date.now() < end; await new Promise((wake) => setTimeout(wake, 25)))
    if (await look()) return;
  throw new Error(`in ${ms / 1000} s never: ${what}`);
}

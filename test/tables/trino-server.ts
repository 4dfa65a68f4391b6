/** A Trino of our own, on loopback. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Trino } from './trino-client.ts';
import { installTrino } from './trino-install.ts';

const HEAP_MB = 1200;
const START_SECONDS = 120;

/** Starts Trino and waits until it answers. `dir` is for its logs and bookkeeping. */
export async function startTrino(java: string, dir: string): Promise<Trino> {
  const installed = await installTrino();
  await mkdir(dir, { recursive: true });
  const url = `http://127.0.0.1:${await freePort()}`;
  const config = join(dir, 'config.properties');
  const settings = {
    coordinator: true,
    'node-scheduler.include-coordinator': true,
    'node.environment': 'referee',
    'node.bind-ip': '127.0.0.1',
    'node.internal-address': '127.0.0.1',
    'http-server.http.port': new URL(url).port,
    'discovery.uri': url,
    'query.max-memory-per-node': '400MB',
    'memory.heap-headroom-per-node': '200MB',
    'catalog.management': 'dynamic',
    'catalog.store': 'memory',
    'plugin.dir': join(installed, 'plugin'),
  };
  await writeFile(
    config,
    Object.entries(settings)
      .map(([key, value]) => `${key}=${value}\n`)
      .join(''),
  );
  const log = join(dir, 'trino.log');
  const server = spawn(
    java,
    [
      `-Xmx${HEAP_MB}m`,
      // Short questions: the second compiler would cost more than it gives.
      '-XX:TieredStopAtLevel=1',
      '-XX:+EnableDynamicAgentLoading',
      '-Djdk.attach.allowAttachSelf=true',
      '--enable-native-access=ALL-UNNAMED',
      '--sun-misc-unsafe-memory-access=allow',
      `-Dconfig=${config}`,
      ...['-cp', join(installed, 'lib', '*'), 'io.trino.server.TrinoServer'],
    ],
    { cwd: dir, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const written = createWriteStream(log);
  server.stdout.pipe(written, { end: false });
  server.stderr.pipe(written, { end: false });
  process.once('exit', () => server.kill());
  const until = Date.now() + START_SECONDS * 1000;
  while (server.exitCode === null && Date.now() < until) {
    if (await isUp(url)) return new Trino(url, dir, () => end(server));
    await sleep(100);
  }
  await end(server);
  throw new Error(`Trino did not start:\n${(await readFile(log, 'utf8')).slice(-2000)}`);
}

const isUp = async (url: string): Promise<boolean> => {
  try {
    return ((await (await fetch(`${url}/v1/info`)).json()) as { starting: boolean }).starting === false;
  } catch {
    return false;
  }
};

async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const over = once(server, 'exit');
  server.kill();
  const patience = setTimeout(() => server.kill('SIGKILL'), 15_000);
  await over;
  clearTimeout(patience);
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, 'close');
  return port;
}

/** A Trino of our own, on loopback, and questions to it over its HTTP protocol. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { s3Properties } from './table.ts';
import { installTrino } from './trino-install.ts';

const HEAP_MB = 1200;
const START_SECONDS = 120;

export interface Answer {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly (readonly unknown[])[];
}

/** One page of an answer, as the protocol has it. */
interface Page {
  readonly columns?: Answer['columns'];
  readonly data?: Answer['rows'];
  readonly nextUri?: string;
  readonly error?: { readonly errorName: string; readonly message: string };
}

type S3 = ReturnType<typeof s3Properties>;

/** A literal. */
export const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;

export class Trino implements AsyncDisposable {
  readonly #url: string;
  readonly #dir: string;
  readonly #server: ChildProcess;

  constructor(url: string, dir: string, server: ChildProcess) {
    [this.#url, this.#dir, this.#server] = [url, dir, server];
  }

  /** @throws Error with Trino's own message */
  async query(sql: string): Promise<Answer> {
    const headers = {
      'X-Trino-User': 'wharf',
      'X-Trino-Time-Zone': 'UTC',
      // Without it, instants lose their microseconds on the way to us.
      'X-Trino-Client-Capabilities': 'PARAMETRIC_DATETIME',
    };
    let columns: Answer['columns'] = [];
    const rows: (readonly unknown[])[] = [];
    let page = await read(fetch(`${this.#url}/v1/statement`, { method: 'POST', headers, body: sql }));
    for (;;) {
      if (page.error) throw new Error(`${page.error.errorName}: ${page.error.message} in ${sql}`);
      columns = page.columns ?? columns;
      // Not spread into push: a page may hold more rows than a call takes arguments.
      for (const row of page.data ?? []) rows.push(row);
      if (!page.nextUri) return { columns, rows };
      page = await read(fetch(page.nextUri, { headers }));
    }
  }

  /** A catalog over an S3, empty but for what is registered. Its own bookkeeping is a folder here: no metastore runs. */
  async createCatalog(name: string, s3: S3): Promise<void> {
    const properties = {
      'iceberg.catalog.type': 'TESTING_FILE_METASTORE',
      'hive.metastore.catalog.dir': `local:///${name}`,
      'hive.metastore.disable-location-checks': 'true',
      'iceberg.register-table-procedure.enabled': 'true',
      'fs.native-local.enabled': 'true',
      'local.location': this.#dir,
      'fs.native-s3.enabled': 'true',
      's3.endpoint': s3['s3.endpoint'],
      's3.region': s3['s3.region'],
      's3.path-style-access': 'true',
      's3.aws-access-key': s3['s3.access-key-id'],
      's3.aws-secret-key': s3['s3.secret-access-key'],
    };
    const set = Object.entries(properties).map(([key, value]) => `"${key}" = ${text(value)}`);
    await this.query(`CREATE CATALOG ${name} USING iceberg WITH (${set.join(', ')})`);
  }

  /** Shows a table as a metadata file describes it, in place of what was shown under that name. */
  async register(catalog: string, table: string, metadata: string): Promise<void> {
    const [schema, name] = table.split('.') as [string, string];
    const [location, file] = metadata.split('/metadata/') as [string, string];
    await this.query(`CREATE SCHEMA IF NOT EXISTS ${catalog}.${schema}`);
    const there = await this.query(`SHOW TABLES FROM ${catalog}.${schema} LIKE ${text(name)}`);
    const call = (procedure: string, ...args: string[]) =>
      this.query(`CALL ${catalog}.system.${procedure}(${args.map(text).join(', ')})`);
    if (there.rows.length > 0) await call('unregister_table', schema, name);
    await call('register_table', schema, name, location, file);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await end(this.#server);
  }
}

/** JSON in which integers keep all their digits. */
async function read(answer: Promise<Response>): Promise<Page> {
  const response = await answer;
  const body = await response.text();
  if (!response.ok) throw new Error(`Trino answers ${response.status}: ${body.slice(0, 300)}`);
  return JSON.parse(body, (_, value, { source }) =>
    Number.isInteger(value) && !Number.isSafeInteger(value) && /^-?\d+$/.test(source) ? source : value,
  ) as Page;
}

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
    if (await isUp(url)) return new Trino(url, dir, server);
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

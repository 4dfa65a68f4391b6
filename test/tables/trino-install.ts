/** A Java and a Trino on this machine: found, or fetched once into the user's cache. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';

const VERSION = '476';
/** Trino 476 does not start on an older one. */
export const JAVA = 24;
const ARCHIVE = `io/trino/trino-server/${VERSION}/trino-server-${VERSION}.tar.gz`;
const CENTRAL = 'https://repo1.maven.org/maven2';
const PLUGINS = ['iceberg', 'hive'];

const home = (...path: string[]): string => join(homedir(), ...path);

/** Where each system and version manager puts its JDKs, and below which folder of each the JDK is. */
const shelves: readonly (readonly [folder: string, below: string])[] = [
  ['/usr/lib/jvm', ''],
  ['/opt', ''],
  [home('.sdkman', 'candidates', 'java'), ''],
  ['/Library/Java/JavaVirtualMachines', 'Contents/Home'],
  ['C:\\Program Files\\Eclipse Adoptium', ''],
];

/** What a JDK's own `release` file says; 0 where there is none. */
function versionOf(jdk: string): number {
  const release = join(jdk, 'release');
  return existsSync(release)
    ? Number(/^JAVA_VERSION="(\d+)/m.exec(readFileSync(release, 'utf8'))?.[1] ?? 0)
    : 0;
}

/** The `java` of a JDK that runs Trino: that of JAVA_HOME or of the path where it does, else the newest there is. */
export function findJava(): string | undefined {
  const named = Object.entries(process.env).filter(([name]) => name.startsWith('JAVA_HOME'));
  const preferred = [
    ...named.sort().map(([, value]) => value!),
    ...(process.env.PATH ?? '').split(delimiter).map((bin) => dirname(bin)),
  ];
  const shelved = shelves
    .filter(([folder]) => existsSync(folder))
    .flatMap(([folder, below]) => readdirSync(folder).map((name) => join(folder, name, below)))
    .sort((a, b) => versionOf(b) - versionOf(a));
  const jdk = [...preferred, ...shelved].find((folder) => versionOf(folder) >= JAVA);
  return jdk && join(jdk, 'bin', process.platform === 'win32' ? 'java.exe' : 'java');
}

/** Trino's folder, with the plugins the referee needs and no other. */
export async function installTrino(): Promise<string> {
  const cache = join(process.env.XDG_CACHE_HOME || home('.cache'), 'wharf');
  const installed = join(cache, `trino-${VERSION}`);
  if (existsSync(installed)) return installed;
  const partial = `${installed}.${process.pid}`;
  try {
    const [server, unpacked] = [join(partial, 'server'), join(partial, 'unpacked')];
    await mkdir(unpacked, { recursive: true });
    console.log(`Fetching Trino ${VERSION} into ${cache}, once: 820 MB`);
    const archive = (await throughMaven(partial)) ?? (await fromCentral(partial));
    // Plugins are links to each other's files, so all must be unpacked before most go.
    run('tar', ['-xzf', archive, '-C', unpacked, '--strip-components', '1']);
    await mkdir(join(server, 'plugin'), { recursive: true });
    for (const part of ['lib', ...PLUGINS.map((name) => join('plugin', name))])
      await rename(join(unpacked, part), join(server, part));
    await rename(server, installed);
    return installed;
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

/** Through the user's Maven, which knows their mirrors and proxies; undefined where there is no Maven. */
async function throughMaven(folder: string): Promise<string | undefined> {
  if (spawnSync('mvn', ['--version'], { stdio: 'ignore' }).status !== 0) return undefined;
  const get = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:get';
  const artifact = `-Dartifact=io.trino:trino-server:${VERSION}:tar.gz`;
  const repository = join(folder, 'm2');
  const options = ['-Dtransitive=false', '-Dstyle.color=never', `-Dmaven.repo.local=${repository}`];
  run('mvn', ['-B', '-q', '-C', get, artifact, ...options]);
  return join(repository, ARCHIVE);
}

async function fromCentral(folder: string): Promise<string> {
  const get = async (suffix = ''): Promise<Response> => {
    const response = await fetch(`${CENTRAL}/${ARCHIVE}${suffix}`);
    if (!response.ok) throw new Error(`${response.url}: HTTP ${response.status}`);
    return response;
  };
  const archive = join(folder, 'trino.tar.gz');
  await pipeline(Readable.fromWeb((await get()).body as ReadableStream), createWriteStream(archive));
  const sha1 = createHash('sha1');
  await pipeline(createReadStream(archive), sha1);
  if (sha1.digest('hex') !== (await (await get('.sha1')).text()).trim())
    throw new Error(`${ARCHIVE} arrived damaged: run again`);
  return archive;
}

function run(command: string, args: readonly string[]): void {
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  if (error || status !== 0) throw new Error(`${command} failed: ${error?.message ?? `exit ${status}`}`);
}

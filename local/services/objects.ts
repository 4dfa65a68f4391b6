import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { FileS3Persistence, type S3Object } from './fauxqs.ts';

const longestName = 200;

/** A name that no file system refuses and that leads nowhere but down. Different segments give different names. */
function fileName(segment: string): string {
  if (segment === '') return '%';
  const encode = (text: string) => `%${text.charCodeAt(0).toString(16).padStart(2, '0')}`;
  const safe = /^\.+$/.test(segment)
    ? segment.replace(/\./g, encode)
    : segment.replace(/[<>:"|?*\\%\x00-\x1f]/g, encode);
  if (Buffer.byteLength(safe) <= longestName) return safe;
  return `${safe.slice(0, longestName / 4)}%${createHash('sha256').update(segment).digest('hex')}`;
}

/** A folder's name cannot be mistaken for one of an object's two files. */
const folderName = (segment: string) => fileName(segment).replace(/\.(data|meta\.json)$/, '%2e$1');

/**
 * The path of an object's bytes under the storage folder. Keys that differ have paths that differ, whatever is in
 * them, and every path stays inside: `a//b`, `a/../b`, `a` beside `a/b`, names of a thousand bytes.
 *
 * @example objectPath('lake', 'sales/day=1/x.parquet') // 'buckets/lake/objects/sales/day=1/x.parquet.data'
 */
export function objectPath(bucket: string, key: string): string {
  const segments = key.split('/');
  const last = segments.pop()!;
  return join('buckets', bucket, 'objects', ...segments.map(folderName), `${fileName(last)}.data`);
}

function writeWhole(path: string, bytes: Uint8Array | string): void {
  writeFileSync(`${path}.tmp`, bytes);
  renameSync(`${path}.tmp`, path);
}

/** Objects as files, each beside a `.meta.json` that makes it exist. A process killed while it writes leaves no half object. */
export class ObjectFiles extends FileS3Persistence {
  readonly #folder: string;

  constructor(folder: string) {
    super(folder);
    this.#folder = folder;
  }

  override upsertObject(bucket: string, { body, ...meta }: S3Object): void {
    const { data, described } = this.#paths(bucket, meta.key);
    mkdirSync(dirname(data), { recursive: true });
    writeWhole(data, body);
    writeWhole(described, JSON.stringify(meta));
  }

  override deleteObject(bucket: string, key: string): void {
    const { data, described } = this.#paths(bucket, key);
    rmSync(described, { force: true });
    rmSync(data, { force: true });
  }

  override readBody(bucket: string, key: string): Buffer {
    return readFileSync(this.#paths(bucket, key).data);
  }

  #paths(bucket: string, key: string) {
    const data = join(this.#folder, objectPath(bucket, key));
    return { data, described: data.replace(/data$/, 'meta.json') };
  }
}

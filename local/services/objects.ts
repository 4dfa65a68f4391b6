import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { FileS3Persistence, type S3Object, type S3Store } from './fauxqs.ts';

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

/** A folder's name cannot be mistaken for an object's file. */
const folderName = (segment: string) => fileName(segment).replace(/\.data$/, '%2edata');

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

/** A line of the index: an object as it is now, or, with nothing but a key, one that is gone. */
interface Line {
  readonly bucket: string;
  readonly object: Omit<S3Object, 'body'> | Pick<S3Object, 'key'>;
}

/**
 * Objects as files, and one index of what they are, a line a change: an object exists once its line is there. A
 * process killed while it writes leaves no half object. One index, because to make a file costs more than to write it.
 */
export class ObjectFiles extends FileS3Persistence {
  readonly #folder: string;
  readonly #path: string;
  #index: number | undefined;
  /** How often anything changed. */
  changes = 0;

  constructor(folder: string) {
    super(folder);
    this.#folder = folder;
    this.#path = join(folder, 'objects.ndjson');
  }

  override loadS3(store: S3Store): void {
    super.loadS3(store);
    const latest = new Map<string, Line>();
    for (const line of this.#lines()) latest.set(JSON.stringify([line.bucket, line.object.key]), line);
    const there = [...latest.values()].filter(({ object }) => 'etag' in object);
    for (const { bucket, object } of there) {
      const described = object as Omit<S3Object, 'body'>;
      const lastModified = new Date(described.lastModified);
      store.restoreObject(bucket, { ...described, lastModified, body: Buffer.alloc(0) });
    }
    writeWhole(this.#path, there.map(asLine).join(''));
    this.#index = openSync(this.#path, 'a');
  }

  override upsertObject(bucket: string, { body, ...object }: S3Object): void {
    const path = this.#pathOf(bucket, object.key);
    mkdirSync(dirname(path), { recursive: true });
    writeWhole(path, body);
    this.#note({ bucket, object });
  }

  override deleteObject(bucket: string, key: string): void {
    this.#note({ bucket, object: { key } });
    rmSync(this.#pathOf(bucket, key), { force: true });
  }

  override readBody(bucket: string, key: string): Buffer {
    return readFileSync(this.#pathOf(bucket, key));
  }

  override close(): void {
    if (this.#index !== undefined) closeSync(this.#index);
    this.#index = undefined;
  }

  #pathOf(bucket: string, key: string): string {
    return join(this.#folder, objectPath(bucket, key));
  }

  #note(line: Line): void {
    this.changes++;
    writeSync(this.#index!, asLine(line));
  }

  /** A process killed while it wrote may have left the last line unfinished: its client got no answer. */
  #lines(): Line[] {
    if (!existsSync(this.#path)) return [];
    const lines = readFileSync(this.#path, 'utf8').split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as Line);
  }
}

const asLine = (line: Line): string => `${JSON.stringify(line)}\n`;

/** S3 objects: streamed in, put in one request or in parts. */
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import {
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  NoSuchKey,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import type { StoredObject } from '../core/audit/model.ts';
import { WharfError } from '../core/errors.ts';
import type { Files } from '../core/lake/model.ts';
import { type CopySource, copyObject } from './copy-object.ts';

export interface SeenObject {
  readonly bytes: number;
  readonly etag: string;
  readonly version?: string;
  readonly lastModified: Date;
  /** What whoever put it said of it. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** One version of an object, as a listing has it. */
export interface ListedVersion extends SeenObject {
  readonly key: string;
}

export interface OpenedObject extends SeenObject {
  readonly body: Readable;
}

/** Up to this size a file is read whole, which costs less than a stream; above the other, it goes in parts. */
const SMALL = 256 << 10;
const PART = 8 << 20;

const missing = (error: unknown): boolean =>
  error instanceof NoSuchKey || ['NoSuchKey', 'NoSuchVersion', 'NotFound'].includes((error as Error).name);

/** Splits `s3://bucket/key`. @throws WharfError `file.invalid_path` */
export function parsePath(path: string): { Bucket: string; Key: string } {
  const match = /^s3:\/\/([^/]+)\/(.+)$/.exec(path);
  if (!match) throw new WharfError(`"${path}" is not an s3://bucket/key path`, { code: 'file.invalid_path' });
  return { Bucket: match[1]!, Key: match[2]! };
}

async function ifThere<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (missing(error)) return undefined;
    throw error;
  }
}

type Described = Pick<
  HeadObjectCommandOutput,
  'ContentLength' | 'ETag' | 'VersionId' | 'LastModified' | 'Metadata'
>;

const seen = ({ ContentLength, ETag, VersionId, LastModified, Metadata }: Described): SeenObject => ({
  bytes: ContentLength ?? 0,
  etag: (ETag ?? '').replaceAll('"', ''),
  version: VersionId === 'null' ? undefined : VersionId,
  lastModified: LastModified ?? new Date(0),
  metadata: Metadata && Object.keys(Metadata).length > 0 ? Metadata : undefined,
});

export class ObjectStore implements Files {
  readonly #s3: S3Client;

  constructor(s3: S3Client) {
    this.#s3 = s3;
  }

  /** Opens an object for streaming; undefined where it does not exist (any more). */
  open(bucket: string, key: string, version?: string): Promise<OpenedObject | undefined> {
    return ifThere(async () => {
      const got = await this.#s3.send(new GetObjectCommand({ Bucket: bucket, Key: key, VersionId: version }));
      return { ...seen(got), body: got.Body as Readable };
    });
  }

  /** What {@link open} says of an object, without opening it. */
  look(bucket: string, key: string, version?: string): Promise<SeenObject | undefined> {
    return ifThere(async () =>
      seen(await this.#s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key, VersionId: version }))),
    );
  }

  async read(path: string): Promise<Uint8Array> {
    const { Bucket, Key } = parsePath(path);
    try {
      const got = await this.#s3.send(new GetObjectCommand({ Bucket, Key }));
      return await got.Body!.transformToByteArray();
    } catch (error) {
      if (missing(error))
        throw new WharfError(`${path} does not exist`, { code: 'file.missing', cause: error });
      throw error;
    }
  }

  /** Everything under a path. */
  async *list(under: string): AsyncIterable<StoredObject> {
    const { Bucket, Key: Prefix } = parsePath(under);
    let ContinuationToken: string | undefined;
    do {
      const page = await this.#s3.send(new ListObjectsV2Command({ Bucket, Prefix, ContinuationToken }));
      for (const { Key, Size = 0, LastModified = new Date(0) } of page.Contents ?? [])
        yield { path: `s3://${Bucket}/${Key}`, bytes: Size, modified: LastModified };
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken);
  }

  /** Every version of every object under a prefix, former ones too, a page of at most a thousand at a time. */
  async *versions(Bucket: string, Prefix: string): AsyncIterable<ListedVersion[]> {
    let next: { KeyMarker?: string; VersionIdMarker?: string } = {};
    do {
      const page = await this.#s3.send(new ListObjectVersionsCommand({ Bucket, Prefix, ...next }));
      yield (page.Versions ?? []).map(({ Key = '', Size, ...version }) => ({
        key: Key,
        ...seen({ ...version, ContentLength: Size }),
      }));
      next = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker };
    } while (next.KeyMarker !== undefined);
  }

  async write(path: string, bytes: Uint8Array): Promise<void> {
    await this.#s3.send(
      new PutObjectCommand({ ...parsePath(path), Body: bytes, ContentLength: bytes.length }),
    );
  }

  /** Uploads a local file. */
  async upload(path: string, file: string): Promise<void> {
    const { size } = await stat(file);
    if (size <= SMALL) return this.write(path, await readFile(file));
    const target = { ...parsePath(path), Body: createReadStream(file) };
    if (size <= PART) await this.#s3.send(new PutObjectCommand({ ...target, ContentLength: size }));
    else await new Upload({ client: this.#s3, params: target, partSize: PART, queueSize: 2 }).done();
  }

  /** {@link copyObject} */
  copy(to: string, source: CopySource, metadata?: Readonly<Record<string, string>>): Promise<void> {
    return copyObject(this.#s3, parsePath(to), source, metadata);
  }

  async delete(paths: readonly string[]): Promise<void> {
    for (let i = 0; i < paths.length; i += 1000) {
      const parsed = paths.slice(i, i + 1000).map(parsePath);
      for (const [bucket, objects] of Map.groupBy(parsed, ({ Bucket }) => Bucket))
        await this.#s3.send(
          new DeleteObjectsCommand({
            Bucket: bucket,
            Delete: { Objects: objects.map(({ Key }) => ({ Key })), Quiet: true },
          }),
        );
    }
  }
}

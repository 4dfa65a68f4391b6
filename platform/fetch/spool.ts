/** Brings a landed object to local disk: hashed, decompressed under caps, and looked over on the way. */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { reason } from '../../core/contract/reasons.ts';
import { type FetchLimits, FileFault } from './model.ts';
import { type Sight, Surveyor } from './survey.ts';

/** What was seen of a file on its way. */
export interface Survey extends Sight {
  readonly landedBytes: number;
  readonly sha256: string;
}

const decompressors = [
  { name: 'gzip', magic: [0x1f, 0x8b], create: createGunzip },
  { name: 'zstd', magic: [0x28, 0xb5, 0x2f, 0xfd], create: createZstdDecompress },
] as const;

/**
 * Writes the decompressed bytes of `source` to `path`.
 * @throws FileFault `unreadable_file:…`, `too_large:…`, `empty_file`
 */
export async function spool(source: Readable, path: string, limits: FetchLimits): Promise<Survey> {
  const hash = createHash('sha256');
  let landedBytes = 0;
  const landed = new Transform({
    transform(chunk: Buffer, _, done) {
      hash.update(chunk);
      landedBytes += chunk.length;
      done(null, chunk);
    },
  });
  const surveyor = new Surveyor();
  const capped = new Transform({
    transform(chunk: Buffer, _, done) {
      surveyor.look(chunk);
      const { bytes } = surveyor;
      if (bytes > limits.decompressedBytes) return done(new FileFault(reason('too_large', 'decompressed')));
      // Small files may compress very well; the ratio matters where it could fill the disk.
      if (bytes > 64 << 20 && bytes > landedBytes * limits.compressionRatio)
        return done(new FileFault(reason('too_large', 'ratio')));
      done(null, chunk);
    },
  });
  const opened = source.pipe(landed);
  source.on('error', (error) => landed.destroy(error));
  const first = await peek(opened);
  const codec = decompressors.find(({ magic }) => startsWith(first, magic));
  try {
    const target = createWriteStream(path, { highWaterMark: 1 << 20 });
    if (codec) await pipeline(opened, codec.create(), capped, target);
    else await pipeline(opened, capped, target);
  } catch (error) {
    throw codec && isZlib(error)
      ? new FileFault(reason('unreadable_file', faultName(codec.name, error)), error)
      : error;
  }
  if (surveyor.bytes === 0) throw new FileFault(reason('empty_file'));
  return { ...surveyor.end(), landedBytes, sha256: hash.digest('hex') };
}

const startsWith = (bytes: Buffer, magic: readonly number[]): boolean =>
  magic.every((byte, i) => bytes[i] === byte);

/** The first bytes of a stream, left in it. */
async function peek(stream: Transform): Promise<Buffer> {
  for (;;) {
    const chunk: Buffer | null = stream.read() as Buffer | null;
    if (chunk) {
      stream.unshift(chunk);
      return chunk;
    }
    if (stream.readableEnded) return Buffer.alloc(0);
    const more = await new Promise<boolean>((resolve, reject) => {
      stream.once('readable', () => resolve(true));
      stream.once('end', () => resolve(false));
      stream.once('error', reject);
    });
    if (!more) return Buffer.alloc(0);
  }
}

const isZlib = (error: unknown): boolean =>
  /^(Z_|ERR_ZLIB|ZSTD_)/.test(String((error as { code?: string }).code));

const faultName = (codec: string, error: unknown): string =>
  `${codec}_${(error as { code?: string }).code === 'Z_BUF_ERROR' || /unexpected end/i.test(String(error)) ? 'truncated' : 'invalid'}`;

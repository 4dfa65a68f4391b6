/** Brings a landed object to local disk: hashed, decompressed under caps, and looked over on the way. */
import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { reason } from '../../core/contract/reasons.ts';
import { type FetchLimits, FileFault } from './model.ts';

/** What was seen of the decompressed bytes. */
export interface Survey {
  readonly landedBytes: number;
  readonly sha256: string;
  readonly bytes: number;
  /** The first bytes, enough to tell the format. */
  readonly head: Buffer;
  readonly utf8: boolean;
  readonly carriageReturns: boolean;
  /** Double quotes in the file. */
  readonly quotes: number;
  /** No line is longer than this. */
  readonly longestLine: number;
}

const HEAD = 64 << 10;
const QUOTE = 0x22;
const [LF, CR] = [0x0a, 0x0d];

const decompressors = [
  { name: 'gzip', magic: [0x1f, 0x8b], create: createGunzip },
  { name: 'zstd', magic: [0x28, 0xb5, 0x2f, 0xfd], create: createZstdDecompress },
] as const;

/** How many bytes at the end of a chunk begin a UTF-8 character that goes on in the next. */
function unfinished(chunk: Buffer): number {
  for (let back = 1; back <= Math.min(3, chunk.length); back++) {
    const byte = chunk[chunk.length - back]!;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
}

class Surveyor {
  bytes = 0;
  head = Buffer.alloc(0);
  utf8 = true;
  carriageReturns = false;
  quotes = 0;
  longestLine = 0;
  #line = 0;
  #carry = Buffer.alloc(0);

  look(chunk: Buffer): void {
    this.bytes += chunk.length;
    if (this.head.length < HEAD)
      this.head = Buffer.concat([this.head, chunk.subarray(0, HEAD - this.head.length)]);
    if (this.utf8) this.#checkUtf8(chunk);
    this.carriageReturns ||= chunk.includes(CR);
    for (let at = chunk.indexOf(QUOTE); at !== -1; at = chunk.indexOf(QUOTE, at + 1)) this.quotes++;
    const [first, last] = [chunk.indexOf(LF), chunk.lastIndexOf(LF)];
    this.longestLine = Math.max(
      this.longestLine,
      this.#line + (first === -1 ? chunk.length : first),
      last - first,
    );
    this.#line = first === -1 ? this.#line + chunk.length : chunk.length - last - 1;
  }

  #checkUtf8(chunk: Buffer): void {
    const whole = this.#carry.length ? Buffer.concat([this.#carry, chunk]) : chunk;
    const rest = unfinished(whole);
    this.utf8 = isUtf8(whole.subarray(0, whole.length - rest));
    this.#carry = Buffer.from(whole.subarray(whole.length - rest));
  }

  end(): void {
    if (this.#carry.length) this.utf8 = false;
  }
}

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
  surveyor.end();
  if (surveyor.bytes === 0) throw new FileFault(reason('empty_file'));
  const { bytes, head, utf8, carriageReturns, quotes, longestLine } = surveyor;
  return { landedBytes, sha256: hash.digest('hex'), bytes, head, utf8, carriageReturns, quotes, longestLine };
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

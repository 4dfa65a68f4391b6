/** The frames of a zstd file, one after another (RFC 8878, 3.1). */
import { Transform, type TransformCallback } from 'node:stream';

const [FRAME, SKIPPABLE] = [0xfd2fb528, 0x184d2a50];
const DICTIONARY_ID = [0, 1, 2, 4] as const;
const CONTENT_SIZE = [0, 2, 4, 8] as const;
/** A block of this type holds one byte, to be repeated. */
const RUN = 1;

/**
 * Passes bytes on, in chunks none of which goes on behind the end of a frame: there Node's decoder would stop
 * without a word, and the rest of the file be lost.
 */
export class ZstdFrames extends Transform {
  /** The beginning of a header. */
  #rest: Buffer = Buffer.alloc(0);
  /** Bytes before the next header. */
  #left = 0;
  #next: 'frame' | 'block' = 'frame';
  #checksum = 0;

  override _transform(chunk: Buffer, _: BufferEncoding, done: TransformCallback): void {
    const bytes = this.#rest.length ? Buffer.concat([this.#rest, chunk]) : chunk;
    let [from, at] = [0, this.#left];
    while (at < bytes.length) {
      if (this.#next === 'frame' && at > from) {
        this.push(bytes.subarray(from, at));
        from = at;
      }
      const size = this.#next === 'frame' ? this.#frame(bytes, at) : this.#block(bytes, at);
      if (size === 0) break;
      at += size;
    }
    const end = Math.min(at, bytes.length);
    if (end > from) this.push(bytes.subarray(from, end));
    this.#rest = Buffer.from(bytes.subarray(end));
    this.#left = at - end;
    done();
  }

  override _flush(done: TransformCallback): void {
    done(null, this.#rest.length ? this.#rest : undefined);
  }

  /** Size of the header, or of all where that is no frame: the decoder will say so. 0: more bytes are needed. */
  #frame(bytes: Buffer, at: number): number {
    if (bytes.length - at < 8) return 0;
    const magic = bytes.readUInt32LE(at);
    if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE) return 8 + bytes.readUInt32LE(at + 4);
    if (magic !== FRAME) return Number.POSITIVE_INFINITY;
    const flags = bytes[at + 4]!;
    const single = (flags >> 5) & 1;
    this.#checksum = flags & 4;
    this.#next = 'block';
    return 6 + DICTIONARY_ID[(flags & 3) as 0] + (CONTENT_SIZE[(flags >> 6) as 0] || single) - single;
  }

  #block(bytes: Buffer, at: number): number {
    if (bytes.length - at < 3) return 0;
    const header = bytes.readUIntLE(at, 3);
    const content = ((header >> 1) & 3) === RUN ? 1 : header >> 3;
    if ((header & 1) === 0) return 3 + content;
    this.#next = 'frame';
    return 3 + content + this.#checksum;
  }
}

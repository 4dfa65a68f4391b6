/** A landed object as a stream. */
import { createHash, type Hash } from 'node:crypto';
import { MAGIC } from './decompress.ts';

/** The bytes as they land, hashed and counted. */
export class Landing {
  bytes = 0;
  readonly hash: Hash = createHash('sha256');
  /** What the source failed with. */
  failure: unknown;
  readonly #source: AsyncIterator<Uint8Array>;
  #head: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Enough first bytes to tell a codec; they come again in `chunks`. */
  async head(): Promise<Buffer> {
    while (this.#head.length < MAGIC) {
      const { done, value } = await this.#source.next();
      if (done) break;
      this.#head = Buffer.concat([this.#head, value]);
    }
    return this.#head;
  }

  async *chunks(): AsyncGenerator<Buffer> {
    try {
      for (let chunk = this.#head; ; ) {
        this.hash.update(chunk);
        this.bytes += chunk.length;
        yield chunk;
        const { done, value } = await this.#source.next();
        if (done) return;
        chunk = Buffer.from(value.buffer, value.byteOffset, value.length);
      }
    } catch (error) {
      this.failure = error;
      throw error;
    } finally {
      await this.#source.return?.();
    }
  }
}

/** Reads and rewrites local files in one pass, in bounded memory. */
import { open, rename } from 'node:fs/promises';

const CHUNK = 1 << 20;
const LINE_END = 0x0a;

/** The bytes of a file. Each chunk is overwritten by the next: copy what must outlive it. */
export async function* readChunks(path: string, start = 0): AsyncGenerator<Buffer> {
  await using file = await open(path);
  const buffer = Buffer.allocUnsafe(CHUNK);
  for (let at = start; ; ) {
    const { bytesRead } = await file.read(buffer, 0, CHUNK, at);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
    at += bytesRead;
  }
}

/** What a pass has written and the file has not. */
export class Page {
  #bytes = Buffer.allocUnsafe(2 * CHUNK);
  #used = 0;

  add(source: Buffer, from = 0, to = source.length): void {
    this.#reserve(to - from);
    source.copy(this.#bytes, this.#used, from, to);
    this.#used += to - from;
  }

  endLine(): void {
    this.#reserve(1);
    this.#bytes[this.#used++] = LINE_END;
  }

  /** All that was added since the last time; good until the next `add`. */
  take(): Buffer {
    const taken = this.#bytes.subarray(0, this.#used);
    this.#used = 0;
    return taken;
  }

  #reserve(size: number): void {
    if (this.#used + size <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#used + size));
    this.#bytes.copy(larger, 0, 0, this.#used);
    this.#bytes = larger;
  }
}

/** One pass over a file. A chunk is good until `feed` returns, and may be written to. */
export interface Pass {
  feed(chunk: Buffer, page: Page): void;
  end(page: Page): void;
}

/** A pass over what is longer than a chunk may be: what it did not get to comes again before the next chunk. */
export abstract class Carrying implements Pass {
  #rest: Buffer = Buffer.alloc(0);

  feed(chunk: Buffer, page: Page): void {
    const bytes = this.#rest.length ? Buffer.concat([this.#rest, chunk]) : chunk;
    this.#rest = Buffer.from(bytes.subarray(this.pass(bytes, page, false)));
  }

  end(page: Page): void {
    this.pass(this.#rest, page, true);
  }

  /**
   * Passes on what is whole in the bytes; how far it got.
   * @param last no more bytes follow
   */
  protected abstract pass(bytes: Buffer, page: Page, last: boolean): number;
}

/** Replaces the file at `path` by what the pass makes of its bytes from `start` on. */
export async function rewrite(path: string, pass: Pass, start = 0): Promise<void> {
  const target = `${path}.rewritten`;
  {
    await using out = await open(target, 'w');
    const page = new Page();
    for await (const chunk of readChunks(path, start)) {
      pass.feed(chunk, page);
      await writeAll(out, page.take());
    }
    pass.end(page);
    await writeAll(out, page.take());
  }
  await rename(target, path);
}

export async function writeAll(file: Awaited<ReturnType<typeof open>>, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length; ) at += (await file.write(bytes, at)).bytesWritten;
}

/** Brings a landed object to local disk: hashed, decompressed under caps, and looked over on the way. */
import { type FileHandle, open } from 'node:fs/promises';
import { reason } from '../../core/contract/reasons.ts';
import { codecFault, detectCodec } from './decompress.ts';
import { Landing } from './landing.ts';
import { type FetchLimits, FileFault } from './model.ts';
import { writeAll } from './rewrite.ts';
import { type Sight, Surveyor } from './survey.ts';

/** What was seen of a file on its way. */
export interface Survey extends Sight {
  readonly landedBytes: number;
  readonly sha256: string;
}

const PAGE = 1 << 20;

/** Small files may compress very well; the ratio matters where it could fill the disk. */
export const RATIO_MATTERS = 64 << 20;

/**
 * Writes the decompressed bytes of `source` to `path`.
 * @throws FileFault `unreadable_file:…`, `too_large:…`, `empty_file`
 */
export async function spool(
  source: AsyncIterable<Uint8Array>,
  path: string,
  limits: Pick<FetchLimits, 'decompressedBytes' | 'compressionRatio'>,
): Promise<Survey> {
  const landing = new Landing(source);
  const surveyor = new Surveyor();
  await using file = await open(path, 'w');
  const target = new Target(file, surveyor);
  const write = async (content: AsyncIterable<Buffer>) => {
    let bytes = 0;
    for await (const chunk of content) {
      bytes += chunk.length;
      if (bytes > limits.decompressedBytes) throw new FileFault(reason('too_large', 'decompressed'));
      if (bytes > RATIO_MATTERS && bytes > landing.bytes * limits.compressionRatio)
        throw new FileFault(reason('too_large', 'ratio'));
      await target.add(chunk);
    }
    await target.end();
  };
  const head = await landing.head();
  const codec = detectCodec(head);
  if (codec)
    await codec.decompress(landing.chunks(), write).catch((error) => {
      throw landing.failure ?? codecFault(codec, error);
    });
  else await write(landing.chunks());
  if (surveyor.bytes === 0) throw new FileFault(reason('empty_file'));
  return { ...surveyor.end(), landedBytes: landing.bytes, sha256: landing.hash.digest('hex') };
}

/** Writes a file a page at a time; one is on its way to the disk while the next fills. */
class Target {
  readonly #file: FileHandle;
  readonly #surveyor: Surveyor;
  #page: Buffer = Buffer.allocUnsafe(PAGE);
  /** Made when it is needed: most files fit into one page. */
  #spare: Buffer | undefined;
  #used = 0;
  #written: Promise<void> = Promise.resolve();

  constructor(file: FileHandle, surveyor: Surveyor) {
    this.#file = file;
    this.#surveyor = surveyor;
  }

  async add(chunk: Buffer): Promise<void> {
    for (let at = 0; at < chunk.length; ) {
      const taken = chunk.copy(this.#page, this.#used, at);
      this.#used += taken;
      at += taken;
      if (this.#used === PAGE) await this.#turn();
    }
  }

  async end(): Promise<void> {
    await this.#flush();
    await this.#written;
  }

  async #turn(): Promise<void> {
    await this.#flush();
    [this.#page, this.#spare, this.#used] = [this.#spare ?? Buffer.allocUnsafe(PAGE), this.#page, 0];
  }

  async #flush(): Promise<void> {
    const full = this.#page.subarray(0, this.#used);
    this.#surveyor.look(full);
    await this.#written;
    this.#written = writeAll(this.#file, full);
    // A full disk is for the next `await` to throw, not for the process to die of.
    this.#written.catch(() => {});
  }
}

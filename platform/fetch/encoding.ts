/** Which encoding a text file is in, and its bytes as UTF-8. */
import { reason } from '../../core/contract/reasons.ts';
import { FileFault } from './model.ts';
import { type Page, type Pass, rewrite } from './rewrite.ts';
import type { Survey } from './spool.ts';

interface Encoding {
  readonly name: 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252';
  /** Bytes of the byte order mark, to skip. */
  readonly bom: number;
}

const boms: readonly (readonly [magic: readonly number[], name: Encoding['name']])[] = [
  [[0xef, 0xbb, 0xbf], 'utf-8'],
  [[0xff, 0xfe], 'utf-16le'],
  [[0xfe, 0xff], 'utf-16be'],
];

/** By byte order mark, else by where the zero bytes stand, else UTF-8 where most lines are, else Windows-1252. */
export function detectEncoding({ head, utf8 }: Pick<Survey, 'head' | 'utf8'>): Encoding {
  const marked = boms.find(([magic]) => magic.every((byte, i) => head[i] === byte));
  if (marked) return { name: marked[1], bom: marked[0].length };
  const sample = head.subarray(0, 4096);
  const zeros = [0, 0];
  for (const [i, byte] of sample.entries()) if (byte === 0) zeros[i % 2]!++;
  const half = sample.length / 2;
  if (zeros[1]! > half * 0.4 && zeros[0]! < half * 0.1) return { name: 'utf-16le', bom: 0 };
  if (zeros[0]! > half * 0.4 && zeros[1]! < half * 0.1) return { name: 'utf-16be', bom: 0 };
  return { name: utf8 === 'no' ? 'windows-1252' : 'utf-8', bom: 0 };
}

class Recode implements Pass {
  readonly #decoder: InstanceType<typeof TextDecoder>;

  constructor(name: string) {
    this.#decoder = new TextDecoder(name, { ignoreBOM: true, fatal: true });
  }

  feed(chunk: Buffer, page: Page): void {
    this.#decode(page, chunk);
  }

  end(page: Page): void {
    this.#decode(page);
  }

  #decode(page: Page, chunk?: Buffer): void {
    try {
      page.add(Buffer.from(this.#decoder.decode(chunk, { stream: chunk !== undefined })));
    } catch (error) {
      throw new FileFault(reason('unreadable_file', 'encoding_invalid'), error);
    }
  }
}

/** Leaves bytes as they are: to drop a byte order mark. */
const copy: Pass = { feed: (chunk, page) => page.add(chunk), end: () => {} };

/**
 * Rewrites the file at `path` as UTF-8 without a byte order mark.
 * @throws FileFault `unreadable_file:encoding_invalid` for half characters in UTF-16
 */
export async function toUtf8(path: string, { name, bom }: Encoding): Promise<void> {
  await rewrite(path, name === 'utf-8' ? copy : new Recode(name), bom);
}

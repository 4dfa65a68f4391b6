/** Which encoding a text file is in, and its bytes as UTF-8. */
import { isAscii, isUtf8 } from 'node:buffer';
import { reason } from '../../core/contract/reasons.ts';
import { afterLineEnd, lineEnd } from './csv-record.ts';
import { FileFault } from './model.ts';
import { type Page, type Pass, readChunks, rewrite } from './rewrite.ts';
import type { Sight } from './survey.ts';

export interface Encoding {
  readonly name: 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252';
  /** Bytes of the byte order mark, to skip. */
  readonly bom: number;
  /** Some lines are no UTF-8, though the file is. */
  readonly damaged: boolean;
}

const boms: readonly (readonly [magic: readonly number[], name: Encoding['name']])[] = [
  [[0xef, 0xbb, 0xbf], 'utf-8'],
  [[0xff, 0xfe], 'utf-16le'],
  [[0xfe, 0xff], 'utf-16be'],
];

/** UTF-16 by its zero bytes: most characters people write have one, always on the same side. */
function detectUtf16(head: Buffer): Encoding['name'] | undefined {
  const zeros = [0, 0];
  for (const [i, byte] of head.entries()) if (byte === 0) zeros[i % 2]!++;
  const half = head.length / 2;
  if (zeros[1]! > half * 0.4 && zeros[0]! < half * 0.1) return 'utf-16le';
  if (zeros[0]! > half * 0.4 && zeros[1]! < half * 0.1) return 'utf-16be';
  return undefined;
}

/** Whether of the lines with characters beyond ASCII more are UTF-8 than not. */
async function isMostlyUtf8(path: string): Promise<boolean> {
  let balance = 0;
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of readChunks(path)) {
    const bytes = Buffer.concat([rest, chunk]);
    let at = 0;
    for (let end = lineEnd(bytes, at); end < bytes.length; end = lineEnd(bytes, at)) {
      const line = bytes.subarray(at, end);
      if (!isAscii(line)) balance += isUtf8(line) ? 1 : -1;
      at = afterLineEnd(bytes, end);
    }
    // Of a line that goes on and on, one chunk decides.
    rest = at === 0 ? Buffer.alloc(0) : Buffer.from(bytes.subarray(at));
    if (at === 0 && !isUtf8(bytes)) balance--;
  }
  if (!isAscii(rest)) balance += isUtf8(rest) ? 1 : -1;
  return balance > 0;
}

/** By byte order mark, else by where the zero bytes stand, else UTF-8 where most lines are, else Windows-1252. */
export async function detectEncoding(path: string, { head, utf8 }: Sight): Promise<Encoding> {
  const [magic, marked] = boms.find(([magic]) => magic.every((byte, i) => head[i] === byte)) ?? [[]];
  const name = marked ?? detectUtf16(head) ?? (utf8 || (await isMostlyUtf8(path)) ? 'utf-8' : 'windows-1252');
  return { name, bom: magic.length, damaged: name === 'utf-8' && !utf8 };
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

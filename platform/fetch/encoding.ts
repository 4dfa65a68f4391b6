/** Which encoding a text file is in, and its bytes as UTF-8. */
import { createReadStream, createWriteStream } from 'node:fs';
import { rename } from 'node:fs/promises';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
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

/** By byte order mark, else UTF-8 where valid, else by where the zero bytes stand, else Windows-1252. */
export function detectEncoding({ head, utf8 }: Pick<Survey, 'head' | 'utf8'>): Encoding {
  const marked = boms.find(([magic]) => magic.every((byte, i) => head[i] === byte));
  if (marked) return { name: marked[1], bom: marked[0].length };
  const sample = head.subarray(0, 4096);
  const zeros = [0, 0];
  for (const [i, byte] of sample.entries()) if (byte === 0) zeros[i % 2]!++;
  const half = sample.length / 2;
  if (zeros[1]! > half * 0.4 && zeros[0]! < half * 0.1) return { name: 'utf-16le', bom: 0 };
  if (zeros[0]! > half * 0.4 && zeros[1]! < half * 0.1) return { name: 'utf-16be', bom: 0 };
  return { name: utf8 ? 'utf-8' : 'windows-1252', bom: 0 };
}

/** Rewrites the file at `path` as UTF-8 without a byte order mark. */
export async function toUtf8(path: string, { name, bom }: Encoding): Promise<void> {
  const decoder = new TextDecoder(name, { ignoreBOM: true });
  const recode = new Transform({
    transform: (chunk: Buffer, _, done) => done(null, Buffer.from(decoder.decode(chunk, { stream: true }))),
    flush: (done) => done(null, Buffer.from(decoder.decode())),
  });
  const target = `${path}.utf8`;
  const source = createReadStream(path, { start: bom, highWaterMark: 1 << 20 });
  // UTF-8 behind a mark may still be broken further on; the decoder then writes U+FFFD.
  await pipeline(source, recode, createWriteStream(target));
  await rename(target, path);
}

/** The compressions a landed object may come in, told by its first bytes. */
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { reason } from '../../core/contract/reasons.ts';
import { FileFault } from './model.ts';
import { ZstdFrames } from './zstd-frames.ts';

type Sink = (content: AsyncIterable<Buffer>) => Promise<void>;

export interface Codec {
  readonly name: 'gzip' | 'zstd';
  readonly magic: readonly number[];
  readonly decompress: (from: AsyncIterable<Buffer>, to: Sink) => Promise<void>;
}

/** Node's 16 KB would cost more in calls than in decompressing. */
const chunkSize = 256 << 10;

const gunzip: Codec['decompress'] = (from, to) => pipeline(from, createGunzip({ chunkSize }), to);
const unzstd: Codec['decompress'] = (from, to) =>
  pipeline(from, new ZstdFrames(), createZstdDecompress({ chunkSize }), to);

const codecs: readonly Codec[] = [
  { name: 'gzip', magic: [0x1f, 0x8b], decompress: gunzip },
  { name: 'zstd', magic: [0x28, 0xb5, 0x2f, 0xfd], decompress: unzstd },
  // A frame to be skipped comes first where many threads compressed.
  { name: 'zstd', magic: [0x50, 0x2a, 0x4d, 0x18], decompress: unzstd },
];

/** How many first bytes tell the codec. */
export const MAGIC = 4;

export const detectCodec = (head: Buffer): Codec | undefined =>
  codecs.find(({ magic }) => magic.every((byte, i) => head[i] === byte));

/** What a codec's error means. Errors that are none of its own stay as they are. */
export function codecFault({ name }: Codec, error: unknown): unknown {
  const { code, message } = error as { code?: string; message?: string };
  // The decoder closes early where something it does not know follows.
  if (!/^(Z_|ERR_ZLIB|ZSTD_|ERR_STREAM_PREMATURE_CLOSE)/.test(String(code))) return error;
  const how = code === 'Z_BUF_ERROR' || /unexpected end/i.test(String(message)) ? 'truncated' : 'invalid';
  return new FileFault(reason('unreadable_file', `${name}_${how}`), error);
}

import { createHash, randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { constants, createZstdCompress, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { fetch, refusal, withFetched } from './support.ts';

const table = `sku,name\n${Array.from({ length: 3000 }, (_, i) => `${i},${(i * 7919) % 1000}\n`).join('')}`;
const [first, second] = [table.slice(0, 9000), table.slice(9000)];
const noise = `sku\n${randomBytes(300_000).toString('hex')}\n`;
const checksum = { params: { [constants.ZSTD_c_checksumFlag]: 1 } };
const skippable = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);

/** The bytes with one of them changed. */
const spoiled = (bytes: Buffer, at: number): Buffer =>
  bytes.fill(bytes.at(at)! ^ 1, bytes.length + at, bytes.length + at + 1);

/** A frame that does not say how long its content is: what a compressor writes that is fed by a pipe. */
async function zstdStream(text: string): Promise<Buffer> {
  const stream = createZstdCompress();
  for (let at = 0; at < text.length; at += 1000) stream.write(text.slice(at, at + 1000));
  stream.end();
  return Buffer.concat(await stream.toArray());
}

describe('a compressed file', () => {
  it.each([
    ['gzip', () => gzipSync(table)],
    ['gzip of several members', () => Buffer.concat([gzipSync(first), gzipSync(second)])],
    ['zstd', () => zstdCompressSync(table)],
    ['zstd with a checksum', () => zstdCompressSync(table, checksum)],
    ['zstd of unknown length', () => zstdStream(table)],
    [
      'zstd of several frames',
      () => Buffer.concat([zstdCompressSync(first, checksum), zstdCompressSync(second)]),
    ],
    [
      'zstd with frames to skip',
      () =>
        Buffer.concat([skippable, zstdCompressSync(first), skippable, zstdCompressSync(second), skippable]),
    ],
  ])('%s gives all its bytes back, whatever the chunks', async (_, compress) => {
    const bytes = await compress();
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    for (const chunk of [1, 7, 1000, undefined]) {
      const { result, text } = await fetch('a.csv', bytes, { chunk });
      expect(result).toMatchObject({ ok: true, file: { format: 'csv', bytes: bytes.length, sha256 } });
      expect(text === table).toBe(true);
    }
  });

  it.each([
    ['gzip that was cut off', gzipSync(noise).subarray(0, 100_000), 'unreadable_file:gzip_truncated'],
    ['gzip cut off in its header', gzipSync(noise).subarray(0, 5), 'unreadable_file:gzip_truncated'],
    ['gzip with a wrong checksum', spoiled(gzipSync(noise), -8), 'unreadable_file:gzip_invalid'],
    [
      'gzip and then something else',
      Buffer.concat([gzipSync(table), Buffer.from('more')]),
      'unreadable_file:gzip_invalid',
    ],
    ['zstd that was cut off', zstdCompressSync(noise).subarray(0, 100_000), 'unreadable_file:zstd_truncated'],
    [
      'zstd whose second frame was cut off',
      Buffer.concat([zstdCompressSync(table), zstdCompressSync(noise).subarray(0, -5)]),
      'unreadable_file:zstd_truncated',
    ],
    [
      'zstd with a wrong checksum',
      spoiled(zstdCompressSync(noise, checksum), -4),
      'unreadable_file:zstd_invalid',
    ],
    [
      'zstd and then something else',
      Buffer.concat([zstdCompressSync(table), Buffer.from('something else')]),
      'unreadable_file:zstd_invalid',
    ],
    ['nothing in gzip', gzipSync(''), 'empty_file'],
    ['nothing in zstd', zstdCompressSync(''), 'empty_file'],
    ['gzip in gzip', gzipSync(gzipSync(table)), 'unsupported_format:gzip_twice'],
  ])('%s is refused, and nothing is left of it', async (_, bytes, reason) => {
    for (const chunk of [undefined, 4096]) {
      const { result, files } = await fetch('a.csv.gz', bytes, { chunk });
      expect(result).toMatchObject({ ok: false, reason });
      expect(files).toEqual([]);
    }
  });

  it('may be compressed very well while it is small', async () => {
    expect(await refusal('a.csv', gzipSync(`sku\n${'0'.repeat(20 << 20)}`))).toBeUndefined();
  });
});

describe('a bomb of 2 GB', () => {
  const member = {
    gzip: gzipSync(Buffer.alloc(64 << 20, 'a,b\n')),
    zstd: zstdCompressSync(Buffer.alloc(64 << 20, 'a,b\n')),
  };
  async function* bomb(codec: keyof typeof member) {
    for (let i = 0; i < 32; i++) yield member[codec];
  }

  it.each([
    ['gzip', 'decompressed', { decompressedBytes: 256 << 20, compressionRatio: 1e9 }],
    ['gzip', 'ratio', { compressionRatio: 100 }],
    ['zstd', 'decompressed', { decompressedBytes: 256 << 20, compressionRatio: 1e9 }],
    ['zstd', 'ratio', { compressionRatio: 100 }],
  ] as const)(
    'in %s stops at the cap, %s, in little memory, and leaves no file',
    async (codec, cap, limits) => {
      const { rss } = process.memoryUsage();
      let peak = 0;
      const timer = setInterval(() => {
        peak = Math.max(peak, process.memoryUsage().rss - rss);
      }, 5);
      await withFetched('bomb.csv', bomb(codec), { limits }, async (result, dir) => {
        expect(result).toMatchObject({ ok: false, reason: `too_large:${cap}` });
        expect(await readdir(dir)).toEqual([]);
      });
      clearInterval(timer);
      expect(peak).toBeLessThan(150 << 20);
    },
  );
});

it('a source that fails is no fault of the file', async () => {
  async function* broken() {
    yield gzipSync(noise).subarray(0, 50_000);
    throw new Error('connection reset');
  }
  await expect(withFetched('a.csv.gz', broken(), {}, async () => {})).rejects.toThrow('connection reset');
});

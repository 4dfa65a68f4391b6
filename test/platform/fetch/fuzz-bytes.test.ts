/** Draws files. `WHARF_SEED=<n> npm test -- fetch/fuzz` repeats a run. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { inChunks, runs, withFetched } from './support.ts';

describe('whatever bytes arrive', () => {
  const names = ['a.csv', 'a.tsv', 'a.json', 'a.ndjson', 'a.xml', 'a.parquet', 'a'];
  const starts = [
    '',
    'a,b\n',
    '[',
    '{"a":',
    '{"a":1}\n{',
    '<r><s>',
    'PAR1',
    '\ufeff',
    '\u{1f}\u{8b}',
    '\x1f\x8b\x08\0',
    '\x28\xb5\x2f\xfd',
    '\x50\x2a\x4d\x18',
    '\xff\xfe',
    '\xfe\xff',
  ];
  const soup = fc
    .array(
      fc.constantFrom(
        '"',
        ',',
        '\n',
        '\r',
        '{',
        '}',
        '[',
        ']',
        ':',
        '\\',
        '<',
        '>',
        '/',
        '&',
        '\0',
        'a',
        '1',
        ' ',
        '\xff',
        '\xc3',
        '\xe9',
      ),
      { maxLength: 300 },
    )
    .map((parts) => Buffer.from(parts.join(''), 'latin1'));
  const body = fc
    .tuple(fc.constantFrom(...starts), fc.oneof(soup, fc.uint8Array({ maxLength: 300 })))
    .map(([start, rest]) => Buffer.concat([Buffer.from(start, 'latin1'), rest]));
  const packed = fc
    .tuple(
      body,
      fc.constantFrom((b: Buffer) => b, gzipSync, zstdCompressSync),
      fc.double({ min: 0.5, max: 1, noNaN: true }),
    )
    .map(([bytes, pack, kept]) => {
      const all = pack(bytes);
      return all.subarray(0, kept > 0.9 ? all.length : Math.ceil(all.length * kept));
    });
  const limits = { decompressedBytes: 250, compressionRatio: 10, rowBytes: 100, columns: 20, nesting: 5 };

  it('a file is read or refused with a reason, and its size is under the caps', async () => {
    const property = fc.asyncProperty(
      fc.constantFrom(...names),
      packed,
      fc.integer({ min: 1, max: 400 }),
      (name, bytes, chunk) =>
        withFetched(name, inChunks(bytes, chunk), { limits, known: ['a'] }, async (result, dir) => {
          if (!result.ok) {
            expect(result.reason).toMatch(/^[a-z_]+(:.*)?$/s);
            expect(await readdir(dir)).toEqual([]);
            return;
          }
          // Windows-1252 and UTF-16 grow as UTF-8, XML as JSON; names and quotes of a repaired header come on top.
          expect((await stat(result.file.path)).size).toBeLessThan(limits.decompressedBytes * 10);
          if (result.file.format !== 'ndjson') return;
          const lines = (await readFile(result.file.path, 'utf8')).split('\n');
          if (result.file.lines === 'split')
            for (const line of lines) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(limits.rowBytes);
        }),
    );
    await fc.assert(property, runs(500));
  }, 60_000);
});

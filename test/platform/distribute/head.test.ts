import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { stores } from '../../../datasets/retailos/stores.ts';
import { lookAt } from '../../../platform/distribute/head.ts';
import { defaultLimits } from '../../../platform/limits.ts';

let tmp: string;
beforeAll(async () => {
  tmp = await mkdtemp(join(tmpdir(), 'wharf-head-'));
});
afterAll(() => rm(tmp, { recursive: true, force: true }));

/** An object that counts how much of it is read. */
function object(bytes: Buffer) {
  const counted = { read: 0 };
  const chunks = function* () {
    for (let at = 0; at < bytes.length; at += 65_536) {
      const chunk = bytes.subarray(at, at + 65_536);
      counted.read += chunk.length;
      yield chunk;
    }
  };
  return { counted, body: Readable.from(chunks()) };
}

const look = (bytes: Buffer | string, name = 'a.csv') =>
  lookAt(object(Buffer.from(bytes)).body, stores, { name, tmp, limits: defaultLimits });

const header = 'store_id;store_name;city;region;note\n';
const many = header + 'S1;"One; two";Leeds;North;x\n'.repeat(300_000);

describe('the first look at a large object', () => {
  it('finds delimiter, header and unknown columns, and reads no more than it must', async () => {
    const { body, counted } = object(Buffer.from(many));
    const looked = await lookAt(body, stores, { name: 'a.csv', tmp, limits: defaultLimits });
    expect(looked).toMatchObject({ ok: true, headers: 1, ending: '', lines: { unknown: ['note'] } });
    expect(counted.read).toBeLessThan(many.length / 3);
  });

  it.each([
    ['.gz', gzipSync],
    ['.zst', zstdCompressSync],
  ] as const)('looks into %s, and tells Trino by the ending', async (ending, compress) => {
    expect(await look(compress(many), `a.csv${ending}`)).toMatchObject({ ok: true, ending });
  });

  it('takes lines of JSON, which have no header', async () => {
    expect(await look('{"store_id":"S1"}\n{"store_id":"S2"}\n', 'a.ndjson')).toMatchObject({
      ok: true,
      headers: 0,
    });
  });

  it.each([
    ['a list in JSON', 'a.json', '[{"store_id":"S1"}]', 'unsupported_format:json_too_large'],
    ['XML', 'a.xml', '<a><b><store_id>1</store_id></b><b/></a>', 'unsupported_format:xml_too_large'],
    ['UTF-16', 'a.csv', Buffer.from(header, 'utf16le'), 'unsupported_format:other_encoding_too_large'],
    [
      'Windows-1252',
      'a.csv',
      Buffer.from(`${header}S1;Caf\xe9;a;b;c\n`, 'latin1'),
      'unsupported_format:other_encoding_too_large',
    ],
    ['a header of other columns', 'a.csv', 'x,y\n1,2\n', 'unknown_header'],
    ['a spreadsheet', 'a.xlsx', 'PK\x03\x04', 'unsupported_format:zip_or_xlsx'],
    ['nothing', 'a.csv', '', 'empty_file'],
  ])('says why it cannot be: %s', async (_, name, bytes, reason) => {
    expect(await look(bytes, name)).toEqual({ ok: false, reason });
  });
});

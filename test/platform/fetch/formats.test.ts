import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { fetch, refusal } from './support.ts';

describe('what a file is', () => {
  it.each([
    ['a.csv', '{"a":1,"b":2}\n1,2\n', 'csv'],
    ['a.txt', 'a,b\n1,2\n', 'csv'],
    ['a', '[{"a":1}]', 'ndjson'],
    ['a.json', '{"a":1}\n', 'ndjson'],
    ['a.JSONL.GZ', '{"a":1}\n', 'ndjson'],
    ['a.dat', '<r><s/></r>', 'ndjson'],
  ])('%s that begins with %j is %s', async (name, body, format) => {
    for (const bytes of [Buffer.from(body), gzipSync(body)])
      expect((await fetch(name, bytes)).result).toMatchObject({ ok: true, file: { format } });
  });

  it.each([
    ['a spreadsheet', Buffer.from('PK\x03\x04rest'), 'unsupported_format:zip_or_xlsx'],
    ['an old spreadsheet', Buffer.from('\xd0\xcf\x11\xe0rest', 'latin1'), 'unsupported_format:xls'],
    ['a PDF', Buffer.from('%PDF-1.7'), 'unsupported_format:pdf'],
    ['Avro', Buffer.from('Obj\x01rest'), 'unsupported_format:avro'],
    ['Parquet that was cut off', Buffer.from('PAR1 and then nothing'), 'unreadable_file:parquet_truncated'],
    [
      'Parquet without a footer',
      Buffer.from('PAR1 and data and a footer PAR1'),
      'unreadable_file:parquet_invalid',
    ],
    ['Parquet too short to be', Buffer.from('PAR1PAR1'), 'unreadable_file:parquet_truncated'],
  ])('%s is refused by name, and nothing is left of it', async (_, bytes, reason) => {
    expect(await refusal('a.csv', bytes)).toBe(reason);
    expect((await fetch('a.csv', bytes)).files).toEqual([]);
  });
});

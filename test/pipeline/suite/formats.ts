/** Every format arrives at the same rows. */
import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { Engine } from '../../../platform/engine/duckdb.ts';
import { books } from '../verbs.ts';
import type { Part } from './suite.ts';

const users = [
  { user_id: '1', age: 31, gender: 'F', device: 'Mobile' },
  { user_id: '2', age: 0, gender: 'M', device: 'Desktop' },
  { user_id: '3', age: 45, gender: 'X', device: 'Tablet' },
  { user_id: '4', age: 27, gender: 'M', device: 'Tablet' },
];
const names = ['user_id', 'age', 'gender', 'device'] as const;
const table = (separator: string, end = '\n') =>
  [names.join(separator), ...users.map((u) => names.map((n) => u[n]).join(separator))]
    .map((line) => line + end)
    .join('');
const json = (u: (typeof users)[number]) => JSON.stringify(u);
const xml = `<?xml version="1.0"?><users>${users.map((u) => `<user id="x"><user_id>${u.user_id}</user_id><age>${u.age}</age><gender>${u.gender}</gender><device>${u.device}</device></user>`).join('\n')}</users>`;
const utf16 = (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le');

async function parquet(): Promise<Buffer> {
  const file = join(tmpdir(), `wharf-users-${process.pid}.parquet`);
  const engine = await Engine.open({ dir: tmpdir(), memoryMb: 200 });
  const values = users
    .map((u) => `(${u.user_id}::INTEGER, ${u.age}::SMALLINT, '${u.gender}', '${u.device}')`)
    .join(', ');
  await engine.session((s) =>
    s.run(`COPY (SELECT * FROM (VALUES ${values}) t(user_id, age, gender, device)) TO '${file}'`),
  );
  engine[Symbol.dispose]();
  const bytes = await readFile(file);
  await rm(file);
  return bytes;
}

const files: readonly (readonly [name: string, body: () => string | Uint8Array | Promise<Uint8Array>])[] = [
  ['comma.csv', () => table(',')],
  ['semicolon.csv', () => table(';')],
  ['tabs.tsv', () => table('\t')],
  ['pipes.txt', () => table('|')],
  ['crlf.csv', () => table(',', '\r\n')],
  ['cr.csv', () => table(',', '\r')],
  ['no-last-line-end.csv', () => table(',').trimEnd()],
  ['bom.csv', () => `\ufeff${table(',')} `.trimEnd()],
  ['utf16.csv', () => utf16(table(','))],
  ['comma.csv.gz', () => gzipSync(table(','))],
  ['comma.csv.zst', () => zstdCompressSync(table(',', '\n'))],
  ['lines.ndjson', () => users.map(json).join('\n')],
  ['lines.jsonl.gz', () => gzipSync(`${users.map(json).join('\n')}\n\n`)],
  ['list.json', () => JSON.stringify(users, undefined, 2)],
  ['holder.json', () => JSON.stringify({ page: 1, tags: ['a', 'b'], users, more: { deep: [1] } })],
  ['pretty-records.json', () => users.map((u) => JSON.stringify(u, undefined, 2)).join('\n')],
  ['users.xml', () => xml],
  ['users.parquet', parquet],
  ['users.parquet.gz', async () => gzipSync(await parquet())],
];

export const formats: Part = (cloud) =>
  describe('every format', () => {
    it.each(files)('%s', async (name, body) => {
      const delivery = await cloud().land('recomart.users', name, await body());
      expect(books(delivery)).toEqual({
        ...{ state: 'committed', read: 4, accepted: 2, quarantined: 2, duplicate: 0, balanced: true },
        reasons: { 'not_in_enum:gender': 1, 'out_of_range:age': 1 },
      });
      const rows = await cloud().rows(
        `SELECT user_id, age, gender, device, _row FROM recomart.users WHERE _delivery = '${delivery.delivery}' ORDER BY _row`,
      );
      expect(rows).toEqual([
        { user_id: '1', age: '31', gender: 'F', device: 'Mobile', _row: '1' },
        { user_id: '4', age: '27', gender: 'M', device: 'Tablet', _row: '4' },
      ]);
      const refused = await cloud().rows(
        `SELECT _row, reasons, received FROM recomart.users__quarantine WHERE _delivery = '${delivery.delivery}' ORDER BY _row`,
      );
      expect(refused).toEqual([
        { _row: '2', reasons: ['out_of_range:age'], received: ['0'] },
        { _row: '3', reasons: ['not_in_enum:gender'], received: ['X'] },
      ]);
    });
  });

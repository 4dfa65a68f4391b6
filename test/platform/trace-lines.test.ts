/** The physical line of a row, in files where records and lines are not the same. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { contract } from '../../core/contract/contract.ts';
import { id, int, text } from '../../core/contract/fields.ts';
import { readWanted, trace } from '../../platform/trace.ts';
import { withLines } from '../../platform/trace-lines.ts';
import { type TestCloud, testCloud } from '../pipeline/support.ts';

const row = z.object({ code: id(), note: text().optional(), n: int().positive() });
const notes = contract('lines.notes', { describe: 'x', row, key: ['code'] });
const codes = contract('lines.codes', { describe: 'x', row: z.object({ code: id({ maxLength: 4 }) }) });

let cloud: TestCloud;
let tmp: string;
beforeAll(async () => {
  cloud = await testCloud({ contracts: [notes, codes] });
  tmp = await mkdtemp(join(tmpdir(), 'wharf-lines-'));
}, 60_000);
afterAll(async () => {
  await cloud[Symbol.asyncDispose]();
  await rm(tmp, { recursive: true, force: true });
});

/** Lands a file in which a row is marked `HERE`. @returns the row's number and its line as traced */
async function traced(name: string, body: string | Buffer, of = notes): Promise<[unknown, unknown]> {
  await cloud.land(of.name, name, body);
  const found = await trace(of, readWanted(of, ['code=HERE']), cloud);
  const [one] = await withLines(
    found.filter(({ entry }) => entry!.key.endsWith(`/${name}`)),
    of,
    { ...cloud, tmp },
  );
  return [one?.row, one?.line];
}

const header = 'code,note,n\n';
const lineOf = (body: string): number => body.slice(0, body.indexOf('HERE')).split('\n').length;
const torn = 'b,"an open quote,1\n';
const several = 'c,"one\ntwo\r\nthree",1\n';
const json = (code: string, more = '') => `${JSON.stringify({ code, n: 1 })}${more}\n`;
const tooLong = `{"code":"long","note":"${'x'.repeat(5 << 20)}","n":1}\n`;

describe('the line of a row is told', () => {
  it.each<[string, string, number]>([
    ['in a plain file', `${header}a,,1\nHERE,,1\n`, 2],
    ['behind line breaks in quotes', `${header}${several}a,,1\nHERE,,1\n`, 3],
    ['where its own record has line breaks', `${header}a,,1\nHERE,"one\ntwo",1\nz,,1\n`, 2],
    ['behind lines that were cut out', `${header}a,,1\n${torn}${several}HERE,,1\n`, 3],
    ['behind lines with too few fields', `${header}a\n\na,b,c,d\nHERE,,1\n`, 1],
    ['behind blank lines', `${header}\n\na,,1\n\n\nHERE,,1\n`, 2],
    ['where it was refused', `${header}${several}HERE,,-1\n`, 2],
  ])('%s', async (what, body, ordinal) => {
    expect(await traced(`${what}.csv`, body)).toEqual([ordinal, lineOf(body)]);
    const windows = body.replaceAll(/\r?\n/g, '\r\n');
    expect(await traced(`${what}, zipped, from Windows.csv.gz`, gzipSync(windows))).toEqual([
      ordinal,
      lineOf(windows),
    ]);
  });

  it('in a file of one column, where blank lines are rows and long ones are cut out', async () => {
    const body = `code\na\n\n"${'x'.repeat(5 << 20)}\nb\nHERE\n`;
    const [, line] = await traced('one.csv', body, codes);
    expect(line).toBe(lineOf(body));
  });

  it('in lines of JSON, behind blank ones and ones that were cut out', async () => {
    const body = `${json('a')}\n${tooLong}${json('b')}no json\n${json('HERE')}`;
    expect(await traced('lines.ndjson', body)).toEqual([expect.any(Number), lineOf(body)]);
  });
});

describe('no line is told', () => {
  it('of an element of a JSON document', async () => {
    const body = `[\n${json('a', ',')}${json('HERE')}]`;
    expect(await traced('document.json', body)).toEqual([2, undefined]);
  });

  it('behind a carriage return alone in quotes, which some count and some do not', async () => {
    expect(await traced('return.csv', `${header}a,"x\ry",1\nHERE,,1\n`)).toEqual([2, undefined]);
  });

  it('where another file stands under the key by now', async () => {
    await cloud.land('lines.notes', 'gone.csv', `${header}a,,1\nHERE,,1\n`);
    const { key, bucket } = (await cloud.deliveries('lines.notes')).find((one) =>
      one.key.endsWith('/gone.csv'),
    )!;
    await cloud.objects.write(`s3://${bucket}/${key}`, Buffer.from(`${header}\nsomething,,1\nHERE,,2\n`));
    const found = await trace(notes, readWanted(notes, ['HERE']), cloud);
    const of = found.filter(({ entry }) => entry!.key === key);
    expect((await withLines(of, notes, { ...cloud, tmp })).map(({ line }) => line)).toEqual([undefined]);
  });
});

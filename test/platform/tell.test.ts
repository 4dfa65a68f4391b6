import { readFileSync } from 'node:fs';
import { NoSuchKey } from '@aws-sdk/client-s3';
import { describe, expect, it, jest } from '@jest/globals';
import avro from 'avsc';
import * as z from 'zod';
import { WharfError } from '../../core/errors.ts';
import { Engine } from '../../platform/engine/duckdb.ts';
import { log } from '../../platform/log.ts';
import { tell } from '../../platform/tell.ts';

const VALUE = 'Kestrel';

async function thrown(work: () => unknown): Promise<unknown> {
  try {
    await work();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

async function query(sql: string): Promise<void> {
  using engine = await Engine.open({ dir: '/nowhere', memoryMb: 100 });
  await engine.session((session) => session.run(sql));
}

/** Errors as libraries throw them: each repeats what it was given. */
const quoting: readonly (readonly [title: string, work: () => unknown])[] = [
  ['JSON', () => JSON.parse(`{"name":${VALUE}`)],
  ['BigInt', () => BigInt(VALUE)],
  ['zod', () => z.literal(VALUE).parse('b')],
  ['avsc', () => avro.Type.forSchema('int').toBuffer(VALUE as never)],
  ['a cast of DuckDB', () => query(`SELECT CAST('${VALUE}' AS INT)`)],
  ['the SQL of DuckDB', () => query(`SELECT ${VALUE}`)],
  ['the file system, of a partition’s folder', () => readFileSync(`/nowhere/town=${VALUE}`)],
  [
    'several lines',
    () => {
      throw new Error(`first\n    at ${VALUE}\n    at ${VALUE} (${VALUE})`);
    },
  ],
  [
    'no error at all',
    () => {
      throw VALUE;
    },
  ],
];

describe('an error', () => {
  it.each(quoting)('of %s is told without what it quotes', async (_, work) => {
    const error = await thrown(work);
    expect(String(Object(error).message ?? error)).toContain(VALUE);
    expect(JSON.stringify(tell(error))).not.toContain(VALUE);
  });

  it('of DuckDB is told by its kind', async () => {
    const { message } = tell(await thrown(() => query(`SELECT CAST('${VALUE}' AS INT)`)));
    expect(message).toMatch(/^Conversion error of the engine: /);
  });

  it('of the system is told by its code', async () => {
    expect(tell(await thrown(() => readFileSync(`/nowhere/${VALUE}`)))).toMatchObject({
      code: 'ENOENT',
      message: expect.stringMatching(/^Error ENOENT: /),
    });
  });

  it('of ours and of AWS is told in its own words', () => {
    const ours = new WharfError('No dataset "a.b"', { code: 'dataset.unknown', fix: 'Deploy it' });
    expect(tell(ours)).toMatchObject({ code: 'dataset.unknown', message: 'No dataset "a.b". Deploy it' });
    const theirs = new NoSuchKey({ message: 'The key does not exist', $metadata: {} });
    expect(tell(theirs)).toMatchObject({ name: 'NoSuchKey', message: 'The key does not exist' });
  });

  it('says where it was thrown', () => {
    expect(tell(new Error('x')).at).toMatch(/^at .*tell\.test\.ts/);
  });
});

describe('a line of the log', () => {
  it('is one line of JSON, whatever is in it, and commands no terminal', () => {
    const lines: string[] = [];
    const write = jest
      .spyOn(process.stderr, 'write')
      .mockImplementation((line) => lines.push(String(line)) > 0);
    const key = 'a\n{"level":"error"}\r\u001b[2J\u009b2J\u2028\u0085\u007f.csv';
    log.error('x', { key });
    write.mockRestore();
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]*\n$/);
    expect(JSON.parse(lines[0]!)).toMatchObject({ level: 'error', key });
  });
});

import { appendFile, readFile } from 'node:fs/promises';
import { isAbsolute, join, normalize } from 'node:path';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { DuckDBInstance } from '@duckdb/node-api';
import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { objectPath } from '../../../local/services/objects.ts';
import { type Bench, startBench, temporaryState } from '../fixtures/bench.ts';

const piece = fc.constantFrom(
  '',
  '.',
  '..',
  'a',
  'a.data',
  'a.meta.json',
  '%2e%2e',
  '%',
  'é',
  ':',
  '\\',
  '\0',
  'x'.repeat(300),
);
const key = fc.array(piece, { minLength: 1, maxLength: 4 }).map((pieces) => pieces.join('/'));

it('keeps every key inside its bucket, and different keys apart', () => {
  fc.assert(
    fc.property(key, key, (one, other) => {
      const path = objectPath('bucket', one);
      expect(isAbsolute(path)).toBe(false);
      expect(normalize(path)).toBe(path);
      expect(path.startsWith(join('buckets', 'bucket', 'objects'))).toBe(true);
      expect(path === objectPath('bucket', other)).toBe(one === other);
      // One object's file is never the folder of another.
      expect(objectPath('bucket', other).startsWith(`${path}/`)).toBe(false);
      for (const name of path.split('/')) expect(Buffer.byteLength(name)).toBeLessThan(250);
    }),
    { numRuns: 2000 },
  );
});

it('keeps objects whose keys a file system would confuse, over a restart', async () => {
  await using state = await temporaryState();
  const keys = [
    'a',
    'a/b',
    'a//b',
    'a.data',
    'a.data/c',
    'a.meta.json',
    'a/../../../../b',
    'ü'.repeat(400),
    'a/',
  ].toSorted();
  {
    await using bench = await startBench({ state: state.folder });
    const Bucket = bench.cloud.buckets.lake;
    for (const Key of keys) await bench.s3.send(new PutObjectCommand({ Bucket, Key, Body: `I am ${Key}` }));
  }
  await using bench = await startBench({ state: state.folder });
  const Bucket = bench.cloud.buckets.lake;
  const { Contents = [] } = await bench.s3.send(new ListObjectsV2Command({ Bucket }));
  expect(Contents.map(({ Key }) => Key).toSorted()).toEqual(keys);
  for (const Key of keys) {
    const { Body } = await bench.s3.send(new GetObjectCommand({ Bucket, Key }));
    expect(await Body!.transformToString()).toBe(`I am ${Key}`);
  }
});

it('lets DuckDB read a Parquet object from its file', async () => {
  await using state = await temporaryState();
  await using bench = await startBench({ state: state.folder });
  const connection = await (await DuckDBInstance.create()).connect();
  const made = join(state.folder, 'made.parquet');
  await connection.run(`COPY (SELECT range AS n FROM range(1000)) TO '${made}' (FORMAT parquet)`);
  const Bucket = bench.cloud.buckets.lake!;
  const Key = 'sales/day=2024-01-31/one.parquet';
  await bench.s3.send(new PutObjectCommand({ Bucket, Key, Body: await readFile(made) }));
  const found = await connection.runAndReadAll(
    `SELECT sum(n)::INT AS total FROM read_parquet('${bench.cloud.file(Bucket, Key)}')`,
  );
  expect(found.getRowObjects()).toEqual([{ total: 499_500 }]);
  connection.disconnectSync();
});

it('forgets an object whose writing a killed process did not finish, and keeps all others', async () => {
  await using state = await temporaryState();
  const put = async (bench: Bench, Key: string) =>
    bench.s3.send(new PutObjectCommand({ Bucket: bench.cloud.buckets.lake, Key, Body: Key }));
  const keys = async (bench: Bench) => {
    const { Contents = [] } = await bench.s3.send(
      new ListObjectsV2Command({ Bucket: bench.cloud.buckets.lake }),
    );
    return Contents.map(({ Key }) => Key);
  };
  {
    await using bench = await startBench({ state: state.folder });
    for (const key of ['a', 'b', 'gone', 'a']) await put(bench, key);
    await bench.s3.send(new DeleteObjectCommand({ Bucket: bench.cloud.buckets.lake, Key: 'gone' }));
  }
  await appendFile(join(state.folder, 's3', 'objects.ndjson'), '{"bucket":"lake","object":{"key":"ha');
  {
    await using bench = await startBench({ state: state.folder });
    expect(await keys(bench)).toEqual(['a', 'b']);
    await put(bench, 'c');
  }
  await using bench = await startBench({ state: state.folder });
  expect(await keys(bench)).toEqual(['a', 'b', 'c']);
});

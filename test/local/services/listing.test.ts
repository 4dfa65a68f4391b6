/** Lists of a bucket, asked for as clients ask: page by page. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type Emulator, startEmulator } from '../../../local/services/emulator.ts';
import { ObjectStore } from '../../../platform/objects.ts';

/** In S3's order: by bytes. The alphabet, and UTF-16, have others. */
const keys = ['A/1', 'B', 'Z', 'a', 'a b&<"\n>', 'a/1', 'a/2', 'b', 'é', '\uffee', '😀'];
const bucket = 'landing-bucket';
let folder: string;
let emulator: Emulator;
let s3: S3Client;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wharf-listing-'));
  emulator = await startEmulator({ folder, port: 0, onObject: () => {} });
  emulator.objects.createBucket(bucket);
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  s3 = new S3Client({ endpoint: emulator.url, region: 'us-east-1', credentials, forcePathStyle: true });
  for (const Key of keys.toReversed())
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: Key }));
});
afterAll(async () => {
  s3.destroy();
  await emulator.stop();
  await rm(folder, { recursive: true, force: true });
});

it('gives every object once, in S3’s order, however small the pages', async () => {
  for (const MaxKeys of [1, 2, 3, 1000]) {
    const found: string[] = [];
    let ContinuationToken: string | undefined;
    do {
      const page = await s3.send(new ListObjectsV2Command({ Bucket: bucket, MaxKeys, ContinuationToken }));
      found.push(...(page.Contents ?? []).map(({ Key }) => Key!));
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken);
    expect(found).toEqual(keys);
  }
});

it('gives folders in the place of what is in them', async () => {
  const list = (Prefix: string) =>
    s3.send(new ListObjectsV2Command({ Bucket: bucket, Delimiter: '/', Prefix }));
  expect((await list('')).CommonPrefixes).toEqual([{ Prefix: 'A/' }, { Prefix: 'a/' }]);
  expect((await list('a/')).Contents?.map(({ Key }) => Key)).toEqual(['a/1', 'a/2']);
});

it('knows what came and went since the last list', async () => {
  const store = new ObjectStore(s3);
  await store.write(`s3://${bucket}/new`, new Uint8Array(1));
  const listed = () => Array.fromAsync(store.list(`s3://${bucket}/new`));
  expect(await listed()).toHaveLength(1);
  await store.delete([`s3://${bucket}/new`]);
  expect(await listed()).toEqual([]);
});

it('gives versions with the mark and the time that reading an object tells', async () => {
  const store = new ObjectStore(s3);
  const listed = (await Array.fromAsync(store.versions(bucket, 'a'))).flat();
  expect(listed.map(({ key }) => key)).toEqual(['a', 'a b&<"\n>', 'a/1', 'a/2']);
  for (const { key, ...version } of listed) expect(await store.look(bucket, key)).toEqual(version);
});

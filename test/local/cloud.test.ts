import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startLocalCloud } from '../../local/cloud.ts';
import { lockState } from '../../local/lock.ts';
import { type Bench, quiet, recorder, s3Records, startBench, temporaryState } from './fixtures/bench.ts';
import { commit, ingest, template } from './fixtures/template.ts';

describe('a running local cloud', () => {
  const ingested = recorder();
  let state: Awaited<ReturnType<typeof temporaryState>>;
  let bench: Bench;
  let Bucket: string;

  beforeAll(async () => {
    state = await temporaryState();
    bench = await startBench({ state: state.folder, handlers: { [ingest]: ingested.create } });
    Bucket = bench.cloud.buckets.landing!;
  });
  afterAll(async () => {
    await bench[Symbol.asyncDispose]();
    await state[Symbol.asyncDispose]();
  });

  async function heardFor(act: () => Promise<unknown>) {
    ingested.events.length = 0;
    await act();
    await bench.cloud.idle();
    return s3Records(ingested.records());
  }
  const put = (Key: string, Body: string | Uint8Array = 'a,b\n1,2\n') =>
    bench.s3.send(new PutObjectCommand({ Bucket, Key, Body }));

  it.each([
    ['landing/retailos/stores/été 1+1=2.csv', 'landing/retailos/stores/%C3%A9t%C3%A9+1%2B1%3D2.csv'],
    ["landing/(a)'s~!*.csv", 'landing/%28a%29%27s%7E%21*.csv'],
    ['landing/日本/📦.csv', 'landing/%E6%97%A5%E6%9C%AC/%F0%9F%93%A6.csv'],
    ['landing/../etc//passwd', 'landing/../etc//passwd'],
  ])('tells the function about %s in the way S3 writes a key', async (key, encoded) => {
    const [record] = await heardFor(() => put(key));
    expect(record?.s3.object.key).toBe(encoded);
    expect(decodeURIComponent(encoded.replaceAll('+', ' '))).toBe(key);
    expect(record).toMatchObject({
      eventSource: 'aws:s3',
      eventName: 'ObjectCreated:Put',
      s3: { bucket: { name: Bucket, arn: `arn:aws:s3:::${Bucket}` }, object: { size: 8 } },
    });
  });

  it('gives the ETag that reading the object gives, and a sequencer that grows', async () => {
    const records = await heardFor(async () => {
      await put('landing/twice.csv', 'one');
      await put('landing/twice.csv', 'two');
    });
    const { ETag } = await bench.s3.send(new GetObjectCommand({ Bucket, Key: 'landing/twice.csv' }));
    expect(`"${records[1]?.s3.object.eTag}"`).toBe(ETag);
    expect(records[1]!.s3.object.sequencer > records[0]!.s3.object.sequencer).toBe(true);
  });

  it('names a copy and a multipart upload for what they are, once each', async () => {
    const Key = 'landing/parts.csv';
    const copied = await heardFor(async () => {
      await bench.s3.send(new PutObjectCommand({ Bucket, Key: 'elsewhere.csv', Body: 'x' }));
      await bench.s3.send(
        new CopyObjectCommand({ Bucket, Key: 'landing/copy.csv', CopySource: `${Bucket}/elsewhere.csv` }),
      );
    });
    const uploaded = await heardFor(async () => {
      const { UploadId } = await bench.s3.send(new CreateMultipartUploadCommand({ Bucket, Key }));
      const { ETag } = await bench.s3.send(
        new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 1, Body: 'whole' }),
      );
      const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
      await bench.s3.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload }));
    });
    expect(copied.map(({ eventName }) => eventName)).toEqual(['ObjectCreated:Copy']);
    expect(uploaded.map(({ eventName }) => eventName)).toEqual(['ObjectCreated:CompleteMultipartUpload']);
  });

  it('says nothing about objects outside the notified prefix or bucket', async () => {
    const heard = await heardFor(async () => {
      await put('elsewhere/a.csv');
      await bench.s3.send(
        new PutObjectCommand({ Bucket: bench.cloud.buckets.lake, Key: 'landing/a.csv', Body: 'x' }),
      );
    });
    expect(heard).toEqual([]);
  });

  it('takes an empty object and one of 20 MB in a single request', async () => {
    const heard = await heardFor(async () => {
      await put('landing/empty.csv', new Uint8Array());
      await put('landing/large.csv', new Uint8Array(20_000_000));
    });
    expect(heard.map((record) => record.s3.object.size)).toEqual([0, 20_000_000]);
  });

  it('gives each function the names and endpoints of this cloud', () => {
    expect(bench.cloud.env(ingest)).toMatchObject({
      WHARF_LAKE_BUCKET: bench.cloud.buckets.lake,
      WHARF_LEDGER_TABLE: 'Ledger',
      WHARF_CATALOG: 'dynamodb',
      WHARF_COMMIT_QUEUE_URL: bench.queueUrl('Commit.fifo'),
      AWS_ENDPOINT_URL_S3: bench.cloud.endpoints.s3,
    });
    expect(() => bench.cloud.env('lambdas/none/handler.ts')).toThrow(
      expect.objectContaining({ code: 'local.unknown_function' }),
    );
  });

  it('cannot be reached from another machine', async () => {
    const outside = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .find(({ internal, family }) => !internal && family === 'IPv4');
    const address = outside?.address ?? '127.0.0.2';
    for (const url of [bench.cloud.endpoints.s3, bench.cloud.endpoints.dynamodb]) {
      await expect(fetch(url.replace('127.0.0.1', address))).rejects.toThrow('fetch failed');
    }
  });

  it.each([
    ['of any site', 403, { origin: 'https://example.com' }],
    ['in a sandbox', 403, { origin: 'null' }],
    ['of a site whose name was given the address of this machine', 403, { host: 'example.com:4567' }],
    ['of a site with a name that only begins like this machine', 403, { host: '127.0.0.1.example.com' }],
    ['of this machine', 200, { origin: 'http://localhost:3000', host: 'localhost' }],
  ])('answers a web page %s with %i', async (_, status, headers) => {
    for (const url of [bench.cloud.endpoints.s3, bench.cloud.endpoints.dynamodb]) {
      const [response] = (await once(request(url, { headers }).end(), 'response')) as [IncomingMessage];
      response.resume();
      expect(response.statusCode).toBe(status);
    }
  });
});

it('keeps a new state folder from other users of the machine', async () => {
  await using state = await temporaryState();
  const folder = join(state.folder, 'new');
  lockState(folder)();
  expect((await stat(folder)).mode & 0o077).toBe(0);
});

it('runs the module that the template names as the entry of a function', async () => {
  await using state = await temporaryState();
  await using cloud = await startLocalCloud({
    state: state.folder,
    template,
    handlers: { [commit]: recorder().create },
  });
  const { region, ...credentials } = cloud.credentials;
  const s3 = new S3Client({ region, credentials, endpoint: cloud.endpoints.s3 });
  await s3.send(new PutObjectCommand({ Bucket: cloud.buckets.landing, Key: 'landing/a.csv', Body: 'x' }));
  await cloud.idle();
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: cloud.buckets.lake, Key: 'seen.json' }));
  expect(JSON.parse(await Body!.transformToString())).toMatchObject({
    functionName: 'IngestFile',
    seconds: 900,
    Records: [{ eventSource: 'aws:sqs', eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:Landed' }],
  });
  s3.destroy();
});

it('refuses a function whose module makes no handler', async () => {
  await using state = await temporaryState();
  await expect(startLocalCloud({ state: state.folder, template, log: quiet })).rejects.toThrow(
    'commit/handler',
  );
});

it('names the port that is taken and how to choose another', async () => {
  await using state = await temporaryState();
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as { port: number };
  const start = (ports: object) => startLocalCloud({ state: state.folder, template, log: quiet, ...ports });
  await expect(start({ port })).rejects.toMatchObject({
    code: 'local.port_in_use',
    message: expect.stringContaining(`Port ${port} is taken`),
  });
  await expect(start({ dynamodbPort: port })).rejects.toMatchObject({
    code: 'local.port_in_use',
    message: expect.stringContaining('--dynamodb-port'),
  });
  other.close();
  await (await startBench({ state: state.folder, port })).cloud.stop();
});

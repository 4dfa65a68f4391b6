import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { expect, it } from '@jest/globals';
import { failures, recorder, s3Records, startBench, temporaryState } from './fixtures/bench.ts';
import { commit, ingest } from './fixtures/template.ts';

/** Another process on the same state, and the first line it says. */
async function startProcess(state: string): Promise<{ process: ChildProcess; says: string }> {
  const script = fileURLToPath(new URL('fixtures/process.ts', import.meta.url));
  const child = spawn(process.execPath, [script, state], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(child.stdout, 'data');
  return { process: child, says: String(line).trim() };
}

it('loses nothing when its process is killed: objects, ledger and the notification come back', async () => {
  await using state = await temporaryState();
  const first = await startProcess(state.folder);
  expect(first.says).toBe('landed');
  first.process.kill('SIGKILL');
  await once(first.process, 'exit');

  const seen = recorder();
  await using bench = await startBench({ state: state.folder, handlers: { [ingest]: seen.create } });
  await bench.cloud.idle();
  expect(s3Records(seen.records()).map((record) => record.s3.object.key)).toEqual(['landing/a+b.csv']);
  const Bucket = bench.cloud.buckets.landing;
  const { Body } = await bench.s3.send(new GetObjectCommand({ Bucket, Key: 'landing/a b.csv' }));
  expect(await Body!.transformToString()).toBe('a,b\n1,2\n');
  const Key = { pk: { S: 'delivery' }, sk: { S: 'open' } };
  expect((await bench.dynamodb.send(new GetItemCommand({ TableName: 'Ledger', Key }))).Item).toEqual(Key);
});

it('refuses a state that another process uses, names that process, and leaves it alone', async () => {
  await using state = await temporaryState();
  await using bench = await startBench({ state: state.folder });
  const second = await startProcess(state.folder);
  expect(second.says).toContain('local.state_in_use');
  expect(second.says).toContain(`process ${process.pid}`);
  await expect(startBench({ state: state.folder })).rejects.toMatchObject({ code: 'local.state_in_use' });
  await bench.s3.send(new PutObjectCommand({ Bucket: bench.cloud.buckets.lake, Key: 'a', Body: 'x' }));
});

it('takes over the lock of a process with the same number, from before the machine restarted', async () => {
  await using state = await temporaryState();
  await writeFile(join(state.folder, 'lock'), String(process.pid));
  await using bench = await startBench({ state: state.folder });
  await bench.cloud.idle();
});

it('notifies again only for what the ledger calls unfinished, and for what it cannot tell', async () => {
  await using state = await temporaryState();
  {
    await using bench = await startBench({ state: state.folder });
    for (const name of ['closed', 'open', 'unclear', '../closed']) {
      const Key = `landing/${name}.csv`;
      await bench.s3.send(new PutObjectCommand({ Bucket: bench.cloud.buckets.landing, Key, Body: name }));
    }
    await bench.s3.send(
      new PutObjectCommand({ Bucket: bench.cloud.buckets.landing, Key: 'unwatched.csv', Body: 'x' }),
    );
    await bench.cloud.idle();
  }
  const seen = recorder();
  await using bench = await startBench({
    state: state.folder,
    handlers: { [ingest]: seen.create },
    async unfinished({ key, size, etag }, cloud) {
      if (key.includes('unclear')) throw new Error('the ledger does not answer');
      expect(cloud.endpoints.dynamodb).toMatch(/^http:/);
      expect(etag).toMatch(/^[0-9a-f]{32}$/);
      return size === 'open'.length;
    },
  });
  await bench.cloud.idle();
  expect(s3Records(seen.records()).map((record) => record.s3.object.key)).toEqual([
    'landing/open.csv',
    'landing/unclear.csv',
  ]);
});

it('lets a running handler finish before it stops', async () => {
  await using state = await temporaryState();
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  let finished = false;
  const bench = await startBench({
    state: state.folder,
    handlers: {
      [ingest]: (env) => async () => {
        begin();
        await fetch(`${env.AWS_ENDPOINT_URL_S3}/health`);
        finished = true;
      },
    },
  });
  await bench.s3.send(
    new PutObjectCommand({ Bucket: bench.cloud.buckets.landing, Key: 'landing/a', Body: 'x' }),
  );
  await begun;
  await bench.cloud.stop();
  expect(finished).toBe(true);
  await expect(access(join(state.folder, 'lock'))).rejects.toThrow('ENOENT');
  await bench[Symbol.asyncDispose]();
});

it('takes up what waited in an ordered queue, which it looks at before it has seen the other queues', async () => {
  await using state = await temporaryState();
  {
    const handlers = { [commit]: recorder(async ({ Records }) => failures(Records)).create };
    await using bench = await startBench({ state: state.folder, handlers });
    await bench.sqs.send(
      new SendMessageCommand({
        ...{ QueueUrl: bench.queueUrl('Commit.fifo'), MessageBody: 'left' },
        ...{ MessageGroupId: 'a', MessageDeduplicationId: 'a' },
      }),
    );
    await sleep(100);
  }
  const seen = recorder();
  const handlers = { [commit]: seen.create };
  await using bench = await startBench({ state: state.folder, handlers, fifoWindowMs: 60_000 });
  await bench.cloud.idle();
  expect(seen.bodies()).toEqual(['left']);
});

import { setTimeout as sleep } from 'node:timers/promises';
import { ReceiveMessageCommand, SendMessageBatchCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { expect, it } from '@jest/globals';
import type { QueueHandler } from '../../../local/model.ts';
import { type Bench, failures, recorder, startBench, temporaryState } from '../fixtures/bench.ts';
import { commit, ingest } from '../fixtures/template.ts';

const queues: Record<string, string> = { [ingest]: 'Landed', [commit]: 'Commit.fifo' };

/** Starts the pipeline with one function, hands it to `act`, waits until all is quiet, and gives what the function saw. */
async function seenBy(
  entry: string,
  answer: QueueHandler | undefined,
  act: (bench: Bench, url: string) => Promise<unknown>,
) {
  await using state = await temporaryState();
  const seen = recorder(answer);
  await using bench = await startBench({ state: state.folder, handlers: { [entry]: seen.create } });
  await act(bench, bench.queueUrl(queues[entry]!));
  await bench.cloud.idle();
  return seen;
}

const send = (bench: Bench, QueueUrl: string, bodies: readonly string[], group?: (body: string) => string) =>
  bench.sqs.send(
    new SendMessageBatchCommand({
      QueueUrl,
      Entries: bodies.map((MessageBody, index) => ({
        Id: String(index),
        MessageBody,
        ...(group && { MessageGroupId: group(MessageBody), MessageDeduplicationId: MessageBody }),
      })),
    }),
  );

const dead = async (bench: Bench, name: string) => {
  const receive = new ReceiveMessageCommand({ QueueUrl: bench.queueUrl(name), MaxNumberOfMessages: 10 });
  return ((await bench.sqs.send(receive)).Messages ?? []).map(({ Body }) => Body);
};

it('delivers again only the messages a function said it could not do', async () => {
  const seen = await seenBy(
    ingest,
    async ({ Records }) =>
      failures(
        Records.filter(
          ({ body, attributes }) => body === 'bad' && attributes.ApproximateReceiveCount === '1',
        ),
      ),
    (bench, url) => send(bench, url, ['one', 'bad', 'two']),
  );
  expect(seen.bodies().toSorted()).toEqual(['bad', 'bad', 'one', 'two']);
});

it('delivers the whole batch again when the function throws or reports a message it was not given', async () => {
  for (const fault of ['throws', 'reports']) {
    let calls = 0;
    const seen = await seenBy(
      ingest,
      async () => {
        calls += 1;
        if (calls > 1) return undefined;
        if (fault === 'throws') throw new Error('broken');
        return { batchItemFailures: [{ itemIdentifier: 'nobody' }] };
      },
      (bench, url) => send(bench, url, ['one', 'two']),
    );
    expect(seen.bodies().toSorted()).toEqual(['one', 'one', 'two', 'two']);
  }
});

it.each([
  [ingest, 'LandedDlq', undefined],
  [commit, 'CommitDlq.fifo', () => 'group'],
])('gives up on a message after three tries of %s and keeps it in %s', async (entry, dlq, group) => {
  let kept: (string | undefined)[] = [];
  const seen = await seenBy(
    entry,
    async ({ Records }) => failures(Records.filter(({ body }) => body === 'bad')),
    async (bench, url) => {
      await send(bench, url, ['bad', 'good'], group);
      await bench.cloud.idle();
      kept = await dead(bench, dlq);
    },
  );
  expect(seen.bodies().filter((body) => body === 'bad')).toHaveLength(3);
  expect(seen.bodies().filter((body) => body === 'good')).toHaveLength(1);
  expect(kept).toEqual(['bad']);
});

it('keeps the order within a message group, also when a batch comes back, and never runs a group twice at once', async () => {
  const done: string[] = [];
  const running = new Set<string>();
  let atOnce = 0;
  await seenBy(
    commit,
    async ({ Records }) => {
      const groups = new Set(Records.map(({ attributes }) => attributes.MessageGroupId!));
      expect(groups.size).toBe(1);
      const [group] = [...groups] as [string];
      expect(running.has(group)).toBe(false);
      running.add(group);
      atOnce = Math.max(atOnce, running.size);
      await sleep(5);
      running.delete(group);
      if (Records[0]!.attributes.ApproximateReceiveCount === '1') return failures(Records);
      done.push(...Records.map(({ body }) => body));
      return undefined;
    },
    async (bench, url) => {
      for (let start = 0; start < 40; start += 10) {
        const numbers = Array.from({ length: 10 }, (_, index) => String(start + index).padStart(2, '0'));
        await send(
          bench,
          url,
          numbers.flatMap((number) => (Number(number) % 2 ? `b${number}` : `a${number}`)),
          (body) => body[0]!,
        );
      }
    },
  );
  for (const group of ['a', 'b']) {
    const order = done.filter((body) => body.startsWith(group));
    expect(order).toHaveLength(20);
    expect(order).toEqual(order.toSorted());
  }
  expect(atOnce).toBe(2);
});

/** The batches `commit` gets of four messages, one sent after another; with a file under way, or nothing else going on. */
async function batchesOfFour(isFileUnderWay: boolean) {
  await using state = await temporaryState();
  const seen = recorder();
  const { promise: fileDone, resolve: endFile } = Promise.withResolvers<void>();
  await using bench = await startBench({
    state: state.folder,
    fifoWindowMs: 60_000,
    handlers: { [commit]: seen.create, [ingest]: () => () => fileDone },
  });
  if (isFileUnderWay) await send(bench, bench.queueUrl('Landed'), ['a file']);
  for (const body of ['1', '2', '3', '4']) {
    await send(bench, bench.queueUrl('Commit.fifo'), [body], () => 'table');
    await sleep(150);
  }
  endFile();
  await bench.cloud.idle();
  return seen.events.map(({ Records }) => Records.map(({ body }) => body));
}

it('gathers the messages of a group into one batch while files are under way', async () => {
  expect(await batchesOfFour(true)).toEqual([['1', '2', '3', '4']]);
});

it('lets no message wait for more when nothing else is under way', async () => {
  expect(await batchesOfFour(false)).toEqual([['1'], ['2'], ['3'], ['4']]);
});

it('hands over attributes as Lambda does', async () => {
  const seen = await seenBy(commit, undefined, (bench, QueueUrl) =>
    bench.sqs.send(
      new SendMessageCommand({
        QueueUrl,
        MessageBody: 'hello',
        MessageGroupId: 'table',
        MessageDeduplicationId: 'one',
        MessageAttributes: { trace: { DataType: 'String', StringValue: 'abc' } },
      }),
    ),
  );
  expect(seen.records()[0]).toMatchObject({
    body: 'hello',
    md5OfBody: '5d41402abc4b2a76b9719d911017c592',
    attributes: { ApproximateReceiveCount: '1', MessageGroupId: 'table', MessageDeduplicationId: 'one' },
    messageAttributes: { trace: { dataType: 'String', stringValue: 'abc' } },
    eventSource: 'aws:sqs',
    awsRegion: 'us-east-1',
  });
});

it('takes up messages as they come, and runs two handlers at once, not more', async () => {
  let running = 0;
  let most = 0;
  await seenBy(
    ingest,
    async () => {
      running += 1;
      most = Math.max(most, running);
      await sleep(20);
      running -= 1;
    },
    async (bench, url) => {
      for (const body of ['1', '2']) {
        await send(bench, url, [body]);
        await bench.cloud.idle();
      }
      for (let index = 0; index < 6; index += 1) await send(bench, url, ['x']);
    },
  );
  expect(most).toBe(2);
});

it('moves a thousand messages through a function, each once', async () => {
  const bodies = Array.from({ length: 10 }, (_, index) => String(index));
  const seen = await seenBy(ingest, undefined, async (bench, url) => {
    for (let batch = 0; batch < 100; batch += 1) await send(bench, url, bodies);
  });
  expect(seen.records()).toHaveLength(1000);
});

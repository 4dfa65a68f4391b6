import type { SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { commitAsker } from '../../../platform/ingest/ask-commit.ts';
import { type Bench, recorder, startBench, temporaryState } from '../../local/fixtures/bench.ts';
import { commit } from '../../local/fixtures/template.ts';
import { disturbed } from '../../support/requests.ts';

const seen = recorder();
let state: Awaited<ReturnType<typeof temporaryState>>;
let bench: Bench;
let requests = 0;

beforeAll(async () => {
  state = await temporaryState();
  bench = await startBench({ state: state.folder, handlers: { [commit]: seen.create } });
  disturbed({ sqs: bench.sqs }, (send) => {
    requests++;
    return send();
  });
});
afterAll(async () => {
  await bench[Symbol.asyncDispose]();
  await state[Symbol.asyncDispose]();
});

it('tells of many deliveries in few requests, each in the group of its dataset', async () => {
  const ask = commitAsker(bench.sqs, bench.queueUrl('Commit.fifo'));
  const asked = Array.from(
    { length: 23 },
    (_, i) => [`d${i}`, i % 2 ? 'shop.sales' : 'shop.stores'] as const,
  );
  await Promise.all(asked.map(([delivery, dataset]) => ask(delivery, dataset)));
  expect(requests).toBe(3);
  await bench.cloud.idle();
  const told = seen.records().map(({ body, attributes }) => {
    const { delivery, dataset } = JSON.parse(body) as { delivery: string; dataset: string };
    expect(attributes.MessageGroupId).toBe(dataset);
    return [delivery, dataset];
  });
  expect(told.toSorted()).toEqual([...asked].toSorted());
});

it('tells again when asked again', async () => {
  const ask = commitAsker(bench.sqs, bench.queueUrl('Commit.fifo'));
  await ask('again', 'shop.sales');
  await ask('again', 'shop.sales');
  await bench.cloud.idle();
  expect(seen.bodies().filter((body) => body.includes('"again"'))).toHaveLength(2);
});

it('fails for all when the queue cannot be reached, and for one when that one is refused', async () => {
  const unreachable = commitAsker(bench.sqs, bench.queueUrl('Nowhere.fifo'));
  await expect(Promise.allSettled([unreachable('a', 'd'), unreachable('b', 'd')])).resolves.toMatchObject([
    { status: 'rejected' },
    { status: 'rejected' },
  ]);
  // No queue here refuses one message of several; SQS does when it is throttled.
  const refusing = { send: async () => ({ Failed: [{ Id: '1', Code: 'ServiceUnavailable' }] }) };
  const ask = commitAsker(refusing as unknown as SQSClient, 'queue');
  await expect(Promise.allSettled([ask('a', 'd'), ask('b', 'd')])).resolves.toMatchObject([
    { status: 'fulfilled' },
    { status: 'rejected', reason: { code: 'commit.not_asked', route: 'transient' } },
  ]);
});

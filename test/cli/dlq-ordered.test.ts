/** Dead letters of a dataset whose order matters: they go back in their order, however many there are. */
import { ListQueuesCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openInstallation } from '../../cli/installation.ts';
import { message, user } from '../pipeline/posted.ts';
import { type Workplace, workplace } from './support.ts';

const LETTERS = 23;
const dataset = 'recomart.users';
let place: Workplace;

/** Leaves letters in the queue of dead letters, as an earlier process would have. */
async function leave(body: (i: number) => string): Promise<void> {
  await using installation = await openInstallation(place.state);
  const { QueueUrls = [] } = await installation.sqs.send(new ListQueuesCommand({}));
  const QueueUrl = QueueUrls.find((url) => url.includes('OrderedDeadLetters'));
  for (let i = 0; i < LETTERS; i++)
    await installation.sqs.send(
      new SendMessageCommand({
        ...{ QueueUrl, MessageBody: body(i) },
        ...{ MessageGroupId: dataset, MessageDeduplicationId: String(Math.random()) },
      }),
    );
}

const inQueue = async (): Promise<number> =>
  (await place.json<{ queue: string; messages: number }[]>('dlq', 'list')).find(({ queue }) =>
    queue.includes('Ordered'),
  )!.messages;

beforeAll(async () => {
  place = await workplace();
});
afterAll(() => place[Symbol.asyncDispose]());

it('go back to their queue in the order they were posted, and land', async () => {
  await leave((i) => JSON.stringify(message('post', i, dataset, [user(i)])));
  expect(await inQueue()).toBe(LETTERS);
  expect(await place.json<object[]>('dlq', 'show', '--queue', 'ordered')).toHaveLength(10);
  expect(await place.json('dlq', 'redrive', '--all')).toEqual({ redriven: LETTERS });
  expect(await inQueue()).toBe(0);
  const rows = await place.json<{ user_id: string }[]>(
    'query',
    `SELECT user_id FROM ${dataset} ORDER BY _delivery, _row`,
  );
  expect(rows.map(({ user_id }) => Number(user_id))).toEqual(Array.from({ length: LETTERS }, (_, i) => i));
}, 120_000);

it('are all discarded, and those that come back in vain are redriven once', async () => {
  await leave(() => 'no JSON');
  expect(await place.json('dlq', 'redrive', '--all')).toEqual({ redriven: LETTERS });
  expect(await inQueue()).toBe(LETTERS);
  const gone = await place.json('dlq', 'discard', '--all', '--reason', 'sent by hand');
  expect(gone).toEqual({ discarded: LETTERS });
  expect(await inQueue()).toBe(0);
}, 120_000);

/** What was posted and answered for outlives the process that took it, killed at once. */
import { once } from 'node:events';
import { ListQueuesCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { expect, it } from '@jest/globals';
import { openInstallation } from '../../cli/installation.ts';
import { message, user } from '../pipeline/posted.ts';
import { started, workplace } from './support.ts';

const dataset = 'recomart.users';

/** Sends parts of a post to a queue, one after another. */
async function send(sqs: SQSClient, queue: string, ...parts: readonly number[]): Promise<void> {
  const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand({}));
  const QueueUrl = QueueUrls.find((url) => url.includes(queue));
  for (const part of parts) {
    const MessageBody = JSON.stringify(message('post', part, dataset, [user(part)]));
    const fifo = { MessageGroupId: dataset, MessageDeduplicationId: String(part) };
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, ...(queue === 'OrderedQueue' && fifo) }));
  }
}

it.each([
  ['once', 'EventsQueue', 'user_id'],
  ['once and in their order', 'OrderedQueue', '_delivery, _row'],
])(
  'events land %s after `wharf start` was killed right after it took them',
  async (_, queue, order) => {
    await using place = await workplace();
    const { child, ready } = await started(place);
    const { s3: endpoint, region, accessKeyId, secretAccessKey } = ready;
    const sqs = new SQSClient({ endpoint, region, credentials: { accessKeyId, secretAccessKey } });
    await send(sqs, queue, 0, 1, 2);
    child.kill('SIGKILL');
    await once(child, 'close');
    sqs.destroy();
    await using after = await openInstallation(place.state);
    await send(after.sqs, queue, 3, 4);
    await after.idle();
    const { rows } = await after.lake.query(`SELECT user_id FROM ${dataset} ORDER BY ${order}`);
    expect(rows.map(({ user_id }) => user_id)).toEqual(['0', '1', '2', '3', '4']);
  },
  120_000,
);

/** What was posted and answered for outlives the process that took it, killed at once. */
import { once } from 'node:events';
import { ListQueuesCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { expect, it } from '@jest/globals';
import { openInstallation } from '../../cli/installation.ts';
import { message, user } from '../pipeline/posted.ts';
import { started, workplace } from './support.ts';

it('events land once after `wharf start` was killed right after it took them', async () => {
  await using place = await workplace();
  const { child, ready } = await started(place);
  const { s3: endpoint, region, accessKeyId, secretAccessKey } = ready;
  const sqs = new SQSClient({ endpoint, region, credentials: { accessKeyId, secretAccessKey } });
  const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand({}));
  const QueueUrl = QueueUrls.find((url) => url.includes('EventsQueue'));
  for (let part = 0; part < 3; part++)
    await sqs.send(
      new SendMessageCommand({
        QueueUrl,
        MessageBody: JSON.stringify(message('post', part, 'recomart.users', [user(part)])),
      }),
    );
  child.kill('SIGKILL');
  await once(child, 'close');
  sqs.destroy();
  await using after = await openInstallation(place.state);
  await after.idle();
  const { rows } = await after.lake.query('SELECT user_id FROM recomart.users ORDER BY user_id');
  expect(rows.map(({ user_id }) => user_id)).toEqual(['0', '1', '2']);
}, 60_000);

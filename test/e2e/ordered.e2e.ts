/** The queue of datasets whose order matters, as the emulator serves it: in order, past a message nobody can handle. */
import { randomUUID } from 'node:crypto';
import {
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { message, user } from '../pipeline/posted.ts';
import { attributesOf, deadLettersOf } from '../pipeline/verbs.ts';
import { type Deployed, deployment, openDeployed } from './deployed.ts';

const DATASET = 'recomart.users';
const FIRST = 9100;
const QueueUrl = deployment.outputs.OrderedQueueUrl!;

let cloud: Deployed;
let patience: string;

const hideFor = (VisibilityTimeout: string) =>
  cloud.sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { VisibilityTimeout } }));

beforeAll(async () => {
  cloud = await openDeployed();
  // Minutes pass between two tries as deployed.
  patience = (await attributesOf(cloud.sqs, QueueUrl, 'VisibilityTimeout')).VisibilityTimeout!;
  await hideFor('1');
});
afterAll(async () => {
  await hideFor(patience);
  await cloud[Symbol.asyncDispose]();
});

const put = (MessageBody: string) =>
  cloud.sqs.send(
    new SendMessageCommand({
      ...{ QueueUrl, MessageBody },
      ...{ MessageGroupId: DATASET, MessageDeduplicationId: randomUUID() },
    }),
  );

it('events are in the table in the order they were posted, and what nobody can read is a dead letter', async () => {
  const all = Array.from({ length: 25 }, (_, i) => FIRST + i);
  for (const id of all) {
    if (id === FIRST + 12) await put('no JSON');
    await put(JSON.stringify(message('ordered', id, DATASET, [user(id)])));
  }
  await cloud.idle();
  const rows = await cloud.rows(
    `SELECT user_id FROM ${DATASET} WHERE CAST(user_id AS INT) >= ${FIRST} AND CAST(user_id AS INT) < ${FIRST + 100}
     ORDER BY _delivery, _row`,
  );
  expect(rows.map(({ user_id }) => Number(user_id))).toEqual(all);
  const dead = await deadLettersOf(cloud.sqs, QueueUrl);
  const { Messages = [] } = await cloud.sqs.send(
    new ReceiveMessageCommand({ QueueUrl: dead, MaxNumberOfMessages: 10 }),
  );
  expect(Messages.map(({ Body }) => Body)).toEqual(['no JSON']);
  for (const { ReceiptHandle } of Messages)
    await cloud.sqs.send(new DeleteMessageCommand({ QueueUrl: dead, ReceiptHandle }));
});

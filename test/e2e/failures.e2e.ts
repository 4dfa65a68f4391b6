/** What goes wrong on the way: messages nobody can read, permissions that are missing, notifications out of order. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  GetBucketNotificationConfigurationCommand,
  PutBucketNotificationConfigurationCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import {
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { attributesOf, books, deadLettersOf, notice } from '../pipeline/verbs.ts';
import { call, roleOf } from './control.ts';
import { type Deployed, deployment, openDeployed } from './deployed.ts';

const { emulator } = deployment;
let cloud: Deployed;
let dead: string;
let patience: string;

const file = (...ids: number[]) =>
  ['user_id,age,gender,device', ...ids.map((id) => `${id},30,F,Mobile`), ''].join('\n');

const hideFor = (VisibilityTimeout: string) =>
  cloud.sqs.send(
    new SetQueueAttributesCommand({ QueueUrl: cloud.landedQueue, Attributes: { VisibilityTimeout } }),
  );

beforeAll(async () => {
  cloud = await openDeployed();
  dead = await deadLettersOf(cloud.sqs, cloud.landedQueue);
  // Half an hour passes between two tries as deployed.
  patience = (await attributesOf(cloud.sqs, cloud.landedQueue, 'VisibilityTimeout')).VisibilityTimeout!;
  await hideFor('1');
});
afterAll(async () => {
  await hideFor(patience);
  await cloud[Symbol.asyncDispose]();
});

/** Takes the one message out of the dead letters. */
async function deadLetter(): Promise<string> {
  await expect(cloud.deadLetters()).resolves.toBe(1);
  const { Messages = [] } = await cloud.sqs.send(
    new ReceiveMessageCommand({ QueueUrl: dead, WaitTimeSeconds: 2 }),
  );
  const { Body, ReceiptHandle } = Messages[0]!;
  await cloud.sqs.send(new DeleteMessageCommand({ QueueUrl: dead, ReceiptHandle }));
  return Body!;
}

describe('a message that no try can handle', () => {
  it('waits in the dead letters as it came, and holds up nothing', async () => {
    await cloud.tell({ surprise: 'not an event' });
    const next = await cloud.land('recomart.users', 'next.csv', file(7001));
    expect(next).toMatchObject({ state: 'committed', accepted: 1 });
    expect(JSON.parse(await deadLetter())).toEqual({ surprise: 'not an event' });
  });

  it('is in the table once after its cause is mended and it is sent again', async () => {
    const RoleName = await roleOf(emulator, 'IngestFile');
    const broken = { RoleName, PolicyName: 'Broken' };
    const PolicyDocument = JSON.stringify({
      Version: '2012-10-17',
      Statement: { Effect: 'Deny', Action: 's3:PutObject', Resource: '*' },
    });
    await call(emulator, 'iam', 'PutRolePolicy', { ...broken, PolicyDocument });
    const failed = await cloud
      .land('recomart.users', 'mended.csv', file(7002, 7003))
      .finally(() => call(emulator, 'iam', 'DeleteRolePolicy', broken));
    expect(failed).toMatchObject({ state: 'failed', error: expect.stringContaining('s3:PutObject') });

    await cloud.sqs.send(
      new SendMessageCommand({ QueueUrl: cloud.landedQueue, MessageBody: await deadLetter() }),
    );
    await cloud.idle();
    expect(books((await cloud.ledger.get(failed.delivery))!)).toMatchObject({
      ...{ state: 'committed', read: 2, accepted: 2, balanced: true },
    });
    expect(
      await cloud.rows(`SELECT user_id FROM recomart.users WHERE user_id IN ('7002', '7003') ORDER BY 1`),
    ).toEqual([{ user_id: '7002' }, { user_id: '7003' }]);
  });
});

describe('two versions of a file', () => {
  it('end as the newer one, whichever notification comes first', async () => {
    const Bucket = cloud.landing;
    const asDeployed = await cloud.s3.send(new GetBucketNotificationConfigurationCommand({ Bucket }));
    const configure = (NotificationConfiguration: object) =>
      cloud.s3.send(new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration }));
    const key = 'landing/recomart/users/versions.csv';
    const put = async (body: string) => {
      const { VersionId } = await cloud.s3.send(new PutObjectCommand({ Bucket, Key: key, Body: body }));
      return notice({ bucket: Bucket, key, version: VersionId });
    };
    // S3 stays silent; what it would have said comes from here, the wrong way round, and twice.
    await configure({});
    const older = await put(file(7101, 7102));
    await sleep(1100);
    const newer = await put(file(7102, 7103, 7104));
    await configure({ QueueConfigurations: asDeployed.QueueConfigurations });
    for (const told of [newer, older, newer, older]) {
      await cloud.tell(told);
      await cloud.idle();
    }
    expect(
      await cloud.rows(`SELECT user_id FROM recomart.users WHERE user_id LIKE '71%' ORDER BY user_id`),
    ).toEqual([{ user_id: '7102' }, { user_id: '7103' }, { user_id: '7104' }]);
    const entries = (await cloud.deliveries('recomart.users')).filter((d) => d.key === key);
    expect(entries.map(books)).toEqual(
      [3, 2].map((read) => expect.objectContaining({ read, balanced: true })),
    );
    expect(await cloud.deadLetters()).toBe(0);
  });
});

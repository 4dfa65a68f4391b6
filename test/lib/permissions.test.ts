/** The real functions over the local cloud, every call they make held against the role the stack gives them. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { ListQueuesCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createHandler as createCommit } from '../../lambdas/commit/handler.ts';
import { createHandler as createIngest } from '../../lambdas/ingest-file/handler.ts';
import { createHandler as createWriteEvents } from '../../lambdas/write-events/handler.ts';
import { startLocalCloud } from '../../local/cloud.ts';
import type { LocalCloud } from '../../local/model.ts';
import { queueArn } from '../../local/topology/names.ts';
import { awsClients, type Clients } from '../../platform/aws.ts';
import { message } from '../pipeline/posted.ts';
import { disturbed } from '../support/requests.ts';
import { may } from './iam.ts';
import { COMMIT, INGEST, synthesize, WRITE } from './support.ts';

/** The parts of commands' inputs that say what they touch. */
interface Input {
  readonly Bucket: string;
  readonly Key: string;
  readonly VersionId?: string;
  readonly Delete: { readonly Objects: readonly { readonly Key: string }[] };
  readonly TableName: string;
  readonly RequestItems: Readonly<Record<string, unknown>>;
  readonly QueueUrl: string;
}

interface Need {
  readonly action: string;
  readonly arn: string;
}

const s3 =
  (action: string) =>
  ({ Bucket, Key }: Input) => [{ action, arn: `arn:aws:s3:::${Bucket}/${Key}` }];
const table =
  (action: string) =>
  ({ TableName }: Pick<Input, 'TableName'>) => [
    { action, arn: `arn:aws:dynamodb:us-east-1:000000000000:table/${TableName}` },
  ];

const tables =
  (action: string) =>
  ({ RequestItems }: Input) =>
    Object.keys(RequestItems).flatMap((TableName) => table(action)({ TableName }));

/** Command → what IAM asks for. A command that is not here fails the test. */
const needs: Readonly<Record<string, (input: Input) => Need[]>> = {
  GetObject: (input) => s3(input.VersionId ? 's3:GetObjectVersion' : 's3:GetObject')(input),
  HeadObject: (input) => s3(input.VersionId ? 's3:GetObjectVersion' : 's3:GetObject')(input),
  PutObject: s3('s3:PutObject'),
  CreateMultipartUpload: s3('s3:PutObject'),
  UploadPart: s3('s3:PutObject'),
  CompleteMultipartUpload: s3('s3:PutObject'),
  AbortMultipartUpload: s3('s3:AbortMultipartUpload'),
  DeleteObjects: ({ Bucket, Delete }) =>
    Delete.Objects.map(({ Key }) => ({ action: 's3:DeleteObject', arn: `arn:aws:s3:::${Bucket}/${Key}` })),
  GetItem: table('dynamodb:GetItem'),
  PutItem: table('dynamodb:PutItem'),
  UpdateItem: table('dynamodb:UpdateItem'),
  DeleteItem: table('dynamodb:DeleteItem'),
  BatchGetItem: tables('dynamodb:BatchGetItem'),
  BatchWriteItem: tables('dynamodb:BatchWriteItem'),
  SendMessageBatch: ({ QueueUrl }) => [
    { action: 'sqs:SendMessage', arn: queueArn(QueueUrl.split('/').at(-1)!) },
  ],
};

/** Clients that note what each of their commands needs. */
const noting = (clients: Clients, noted: Need[]): Clients =>
  disturbed(clients, (send, { name, args }) => {
    noted.push(...(needs[name]?.(args.input as Input) ?? [{ action: `unknown ${name}`, arn: '' }]));
    return send();
  });

const stack = synthesize();
const noted: Record<string, Need[]> = { [INGEST]: [], [WRITE]: [], [COMMIT]: [] };
let state: string;
let cloud: LocalCloud;

const store = (id: number, name: string) => `S${id},${name},Leeds,North`;
const file = (...lines: string[]) => ['store_id,store_name,city,region', ...lines].join('\n');

async function land(key: string, body: string): Promise<void> {
  const { s3 } = awsClients(cloud.env(INGEST));
  const Key = `landing/retailos/stores/${key}`;
  await s3.send(new PutObjectCommand({ Bucket: cloud.buckets.landing, Key, Body: body }));
  await cloud.idle();
  s3.destroy();
}

async function post(...messages: string[]): Promise<void> {
  const { sqs } = awsClients(cloud.env(INGEST));
  const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand({}));
  const QueueUrl = QueueUrls.find((url) => url.includes('EventsQueue'));
  for (const MessageBody of messages) await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
  await cloud.idle();
  sqs.destroy();
}

beforeAll(async () => {
  state = await mkdtemp(join(tmpdir(), 'wharf-permissions-'));
  cloud = await startLocalCloud({
    state,
    template: stack.template,
    fifoWindowMs: 0,
    windowMs: 0,
    handlers: {
      [INGEST]: (env) => createIngest(env, { clients: noting(awsClients(env), noted[INGEST]!) }) as never,
      [WRITE]: (env) => createWriteEvents(env, { clients: noting(awsClients(env), noted[WRITE]!) }) as never,
      // Nothing of a former snapshot is kept, so that its files are deleted while the test looks.
      [COMMIT]: (env) =>
        createCommit(
          { ...env, WHARF_SNAPSHOT_RETENTION_DAYS: '0.0000001' },
          { clients: noting(awsClients(env), noted[COMMIT]!) },
        ) as never,
    },
  });
  await land('a.csv', file(store(1, 'One'), 'nothing like a store'));
  await land('again.csv', file(store(1, 'One'), 'nothing like a store'));
  await land('refused.csv', 'some,other,header\n1,2,3');
  await post(JSON.stringify(message('post', 0, 'retailos.stores', [{ store_id: 'S1' }, '{'])));
  // It comes again, and with it a message nobody can read.
  await post(JSON.stringify(message('post', 0, 'retailos.stores', [{ store_id: 'S1' }, '{'])), '{');
  // As many commits as it takes until former snapshots go, and the rows of the overwritten file with them.
  for (let version = 0; version < 25; version++) await land('a.csv', file(store(version, 'New')));
}, 60_000);

afterAll(async () => {
  await cloud?.stop();
  await rm(state, { recursive: true, force: true });
});

it.each([
  [INGEST, ['s3:GetObject', 's3:PutObject', 'dynamodb:GetItem', 'dynamodb:UpdateItem', 'sqs:SendMessage']],
  [
    WRITE,
    ['s3:PutObject', 'dynamodb:BatchGetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem', 'sqs:SendMessage'],
  ],
  [COMMIT, ['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 'dynamodb:PutItem', 'dynamodb:DeleteItem']],
])('%s makes no call that its role would refuse', (entry, expected) => {
  const made = noted[entry]!;
  expect([...new Set(made.map(({ action }) => action))]).toEqual(expect.arrayContaining(expected));
  expect(made.filter(({ action, arn }) => !may(stack, entry, action, arn))).toEqual([]);
});

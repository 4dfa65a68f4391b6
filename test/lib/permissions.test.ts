/** The real functions over the local cloud, every call they make held against the role the stack gives them. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { ListQueuesCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { jobs } from '../../core/schedule/jobs.ts';
import { createHandler as createCleanUp } from '../../lambdas/clean-up/handler.ts';
import { createHandler as createCommit } from '../../lambdas/commit/handler.ts';
import { createHandler as createCompact } from '../../lambdas/compact/handler.ts';
import { createHandler as createExpire } from '../../lambdas/expire/handler.ts';
import { createHandler as createIngest } from '../../lambdas/ingest-file/handler.ts';
import { createHandler as createReplay } from '../../lambdas/replay/handler.ts';
import { createHandler as createRunJob } from '../../lambdas/run-job/handler.ts';
import { createHandler as createSweep } from '../../lambdas/sweep/handler.ts';
import { createHandler as createWriteEvents } from '../../lambdas/write-events/handler.ts';
import { startLocalCloud } from '../../local/cloud.ts';
import type { CreateHandler, Env, Handler, LocalCloud } from '../../local/model.ts';
import { queueArn } from '../../local/topology/names.ts';
import { Keys } from '../../platform/api/keys.ts';
import { awsClients, type Clients } from '../../platform/aws.ts';
import { message } from '../pipeline/posted.ts';
import { disturbed } from '../support/requests.ts';
import { may } from './iam.ts';
import {
  CLEAN_UP,
  COMMIT,
  COMPACT,
  EXPIRE,
  INGEST,
  REPLAY,
  RUN_JOB,
  SWEEP,
  synthesize,
  WRITE,
} from './support.ts';

/** The parts of commands' inputs that say what they touch. */
interface Input {
  readonly Bucket: string;
  readonly Key: string;
  readonly VersionId?: string;
  readonly Delete: { readonly Objects: readonly { readonly Key: string }[] };
  readonly TableName: string;
  readonly RequestItems: Readonly<Record<string, unknown>>;
  readonly QueueUrl: string;
  readonly IndexName?: string;
  readonly FunctionName: string;
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

const bucket =
  (action: string) =>
  ({ Bucket }: Input) => [{ action, arn: `arn:aws:s3:::${Bucket}` }];
const queue =
  (action: string) =>
  ({ QueueUrl }: Input) => [{ action, arn: queueArn(QueueUrl.split('/').at(-1)!) }];

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
  SendMessage: queue('sqs:SendMessage'),
  SendMessageBatch: queue('sqs:SendMessage'),
  ReceiveMessage: queue('sqs:ReceiveMessage'),
  DeleteMessage: queue('sqs:DeleteMessage'),
  ChangeMessageVisibility: queue('sqs:ChangeMessageVisibility'),
  ListObjectsV2: bucket('s3:ListBucket'),
  ListObjectVersions: bucket('s3:ListBucketVersions'),
  Scan: table('dynamodb:Scan'),
  Query: ({ TableName, IndexName }) =>
    table('dynamodb:Query')({ TableName: IndexName ? `${TableName}/index/${IndexName}` : TableName }),
  Invoke: ({ FunctionName }) => [
    {
      action: 'lambda:InvokeFunction',
      arn: `arn:aws:lambda:us-east-1:000000000000:function:${FunctionName}`,
    },
  ],
};

/** In AWS it is Glue that knows where tables are. */
const isCatalog = (input: Input): boolean => /":?pk":(\{"S":)?"catalog"/.test(JSON.stringify(input));

/** Clients that note what each of their commands needs. */
const noting = (clients: Clients, noted: Need[]): Clients =>
  disturbed(clients, (send, { name, args }) => {
    if (isCatalog(args.input as Input)) return send();
    noted.push(...(needs[name]?.(args.input as Input) ?? [{ action: `unknown ${name}`, arn: '' }]));
    return send();
  });

const stack = synthesize();
const noted: Record<string, Need[]> = Object.fromEntries(
  [INGEST, WRITE, REPLAY, COMMIT, RUN_JOB, SWEEP, COMPACT, EXPIRE, CLEAN_UP].map((entry) => [entry, []]),
);
/** A function that notes what its commands need. */
const noter =
  (entry: string, create: (env: Env, parts: { clients: Clients }) => unknown): CreateHandler =>
  (env) =>
    create(env, { clients: noting(awsClients(env), noted[entry]!) }) as Handler;
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

const post = (...messages: string[]): Promise<void> => tell('EventsQueue', ...messages);

async function tell(queue: string, ...messages: string[]): Promise<void> {
  const { sqs } = awsClients(cloud.env(INGEST));
  const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand({}));
  const QueueUrl = QueueUrls.find((url) => url.includes(queue));
  for (const MessageBody of messages) await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
  await cloud.idle();
  sqs.destroy();
}

/** Asks for a replay over the API. */
async function replay(body: object): Promise<void> {
  const { dynamodb } = awsClients(cloud.env(INGEST));
  const keys = new Keys(dynamodb, cloud.env(INGEST).WHARF_LEDGER_TABLE!);
  const { text } = await keys.make({ name: 'test', scopes: ['admin'] });
  const response = await fetch(`${cloud.api}/v1/retailos/stores/replays`, {
    method: 'POST',
    headers: { authorization: `Bearer ${text}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(await response.json()).toMatchObject({ deliveries: [expect.any(String)] });
  await cloud.idle();
}

beforeAll(async () => {
  state = await mkdtemp(join(tmpdir(), 'wharf-permissions-'));
  cloud = await startLocalCloud({
    state,
    template: stack.template,
    fifoWindowMs: 0,
    windowMs: 0,
    handlers: {
      [INGEST]: noter(INGEST, createIngest),
      [WRITE]: noter(WRITE, createWriteEvents),
      [REPLAY]: noter(REPLAY, createReplay),
      [RUN_JOB]: noter(RUN_JOB, createRunJob),
      [SWEEP]: noter(SWEEP, createSweep),
      [COMPACT]: noter(COMPACT, createCompact),
      [EXPIRE]: noter(EXPIRE, (env, parts) =>
        createExpire({ ...env, WHARF_SNAPSHOT_RETENTION_DAYS: '0.0000001' }, parts),
      ),
      [CLEAN_UP]: noter(CLEAN_UP, createCleanUp),
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
  await tell(
    'EventsDeadLetters',
    JSON.stringify(message('dead', 0, 'retailos.stores', [{ store_id: 'D1' }])),
  );
  await replay({ dlq: true });
  await replay({ set: ['store_name=One', 'city=Leeds', 'region=North'] });
  // As many commits as it takes until former snapshots go, and the rows of the overwritten file with them.
  for (let version = 0; version < 25; version++) await land('a.csv', file(store(version, 'New')));
  for (let part = 1; part < 6; part++)
    await post(JSON.stringify(message('post', part, 'retailos.stores', [{ store_id: `P${part}` }])));
  const { s3, dynamodb } = awsClients(cloud.env(INGEST));
  const [Bucket, TableName] = [cloud.buckets.lake, cloud.env(INGEST).WHARF_LEDGER_TABLE];
  await dynamodb.send(new PutCommand({ TableName, Item: { pk: 'rate#old', sk: 'rate', expires: 1 } }));
  await s3.send(new PutObjectCommand({ Bucket, Key: 'staging/young', Body: 'x' }));
  for (const job of [...Object.keys(jobs), 'nothing'])
    await tell('JobsQueue', JSON.stringify({ job, due: new Date().toISOString(), as: 'test', by: 'hand' }));
}, 120_000);

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
  [
    REPLAY,
    ['s3:PutObject', 'dynamodb:UpdateItem', 'sqs:SendMessage', 'sqs:ReceiveMessage', 'sqs:DeleteMessage'],
  ],
  [COMMIT, ['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 'dynamodb:PutItem', 'dynamodb:DeleteItem']],
  [RUN_JOB, ['lambda:InvokeFunction', 'dynamodb:PutItem', 'dynamodb:GetItem', 'dynamodb:DeleteItem']],
  [SWEEP, ['s3:ListBucketVersions', 'dynamodb:GetItem', 'dynamodb:PutItem']],
  [COMPACT, ['s3:GetObject', 's3:PutObject', 'dynamodb:BatchGetItem']],
  [EXPIRE, ['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:ListBucket', 'dynamodb:Query']],
  [CLEAN_UP, ['s3:ListBucket', 'dynamodb:Scan', 'dynamodb:DeleteItem']],
])('%s makes no call that its role would refuse', (entry, expected) => {
  const made = noted[entry]!;
  expect([...new Set(made.map(({ action }) => action))]).toEqual(expect.arrayContaining(expected));
  expect(made.filter(({ action, arn }) => !may(stack, entry, action, arn))).toEqual([]);
});

/** Each function's own role, tried at the services themselves: what it needs is let through, the rest is refused. */
import { DeleteTableCommand, GetTableCommand, UpdateTableCommand } from '@aws-sdk/client-glue';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { PurgeQueueCommand, ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { DeleteCommand, GetCommand, PutCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { emulatorEnv } from '../../localstack/deploy.ts';
import { awsClients, type Clients } from '../../platform/aws.ts';
import { disturbed } from '../support/requests.ts';
import { call, element, roleOf } from './control.ts';
import { deployment } from './deployed.ts';

const { emulator, outputs } = deployment;
const landing = outputs.LandingBucketName!;
const lake = outputs.LakeBucketName!;
const results = outputs.ResultsBucketName!;
const TableName = outputs.LedgerTableName!;
const pk = { pk: 'probe', sk: 'probe' };
const probe = { DatabaseName: 'retailos_dev', Name: 'probe' };

/** The clients of somebody who has the role of a function for a while. */
async function clientsOf(construct: string): Promise<Clients> {
  const RoleArn = `arn:aws:iam::000000000000:role/${await roleOf(emulator, construct)}`;
  const xml = await call(emulator, 'sts', 'AssumeRole', { RoleArn, RoleSessionName: 'probe' });
  return awsClients({
    ...emulatorEnv(emulator),
    AWS_ACCESS_KEY_ID: element(xml, 'AccessKeyId'),
    AWS_SECRET_ACCESS_KEY: element(xml, 'SecretAccessKey'),
    AWS_SESSION_TOKEN: element(xml, 'SessionToken'),
  });
}

/** Whether an attempt got past the policies; what came of it is not asked, for there is nothing to find. */
const verdict = (attempt: Promise<unknown>): Promise<'yes' | 'no'> =>
  attempt.then(
    () => 'yes',
    (error: Error) => {
      if (/AccessDenied/.test(error.name)) return 'no';
      if (/NoSuchKey|EntityNotFound/.test(error.name)) return 'yes';
      throw error;
    },
  );

const close = (clients: Clients): void => {
  for (const client of Object.values(clients)) client.destroy();
};

type Attempt = (clients: Clients) => Promise<unknown>;
const read =
  (Bucket: string, Key: string): Attempt =>
  ({ s3 }) =>
    s3.send(new GetObjectCommand({ Bucket, Key }));
const write =
  (Bucket: string, Key: string): Attempt =>
  ({ s3 }) =>
    s3.send(new PutObjectCommand({ Bucket, Key, Body: 'probe' }));
const erase =
  (Bucket: string, Key: string): Attempt =>
  ({ s3 }) =>
    s3.send(new DeleteObjectCommand({ Bucket, Key }));
const send =
  (QueueUrl: string, fifo = {}): Attempt =>
  ({ sqs }) =>
    sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: '{"Event":"s3:TestEvent"}', ...fifo }));
const receive =
  (QueueUrl: string): Attempt =>
  ({ sqs }) =>
    sqs.send(new ReceiveMessageCommand({ QueueUrl, VisibilityTimeout: 0 }));

const rows = 'lake/retailos/probe/data/a.parquet';
const metadata = 'lake/retailos/probe/metadata/a.json';
const manifest = 'deliveries/retailos/probe/a.json';
const landed = outputs.LandedQueueUrl!;
const commits = outputs.CommitQueueUrl!;
const events = outputs.EventQueueUrl!;

const functions = ['IngestFile', 'Commit', 'WriteEvents', 'Distribute', 'AcceptEvent', 'Authorize'] as const;
type FunctionName = (typeof functions)[number];
const writers = ['IngestFile', 'WriteEvents', 'Distribute'] as const;

/** What is tried, and who may do it. */
const attempts: readonly (readonly [what: string, who: readonly FunctionName[], attempt: Attempt])[] = [
  ['read what landed', ['IngestFile', 'Distribute'], read(landing, 'landing/retailos/probe/a.csv')],
  ['read beside what landed', [], read(landing, 'private/a.csv')],
  // Whoever signs an address to upload to must be allowed what it allows.
  ['land a file', ['AcceptEvent'], write(landing, 'landing/retailos/probe/a.csv')],
  ['write beside what lands', [], write(landing, 'private/a.csv')],
  ['delete what landed', [], erase(landing, 'landing/retailos/probe/a.csv')],
  ['write rows', writers, write(lake, rows)],
  ['read rows', [], read(lake, rows)],
  ['delete rows', [...writers, 'Commit'], erase(lake, rows)],
  ['write what makes a table', ['Commit'], write(lake, metadata)],
  ['read what makes a table', [...writers, 'Commit'], read(lake, metadata)],
  ['write a manifest', writers, write(lake, manifest)],
  ['delete a manifest', writers, erase(lake, manifest)],
  ['write beside the tables', [], write(lake, 'elsewhere/a.json')],
  ['read the results of queries', [], read(results, 'athena/a.csv')],
  ['list the results of queries', [], ({ s3 }) => s3.send(new ListObjectsV2Command({ Bucket: results }))],
  ['read an entry', functions, ({ dynamodb }) => dynamodb.send(new GetCommand({ TableName, Key: pk }))],
  [
    'write an entry',
    ['IngestFile', 'WriteEvents', 'Commit', 'AcceptEvent'],
    ({ dynamodb }) => dynamodb.send(new PutCommand({ TableName, Item: pk })),
  ],
  ['delete an entry', ['Commit'], ({ dynamodb }) => dynamodb.send(new DeleteCommand({ TableName, Key: pk }))],
  ['read the whole ledger', [], ({ dynamodb }) => dynamodb.send(new ScanCommand({ TableName }))],
  ['look up a table', [...writers, 'Commit'], ({ glue }) => glue.send(new GetTableCommand(probe))],
  [
    'move a table',
    ['Commit'],
    ({ glue }) =>
      glue.send(
        new UpdateTableCommand({ DatabaseName: probe.DatabaseName, TableInput: { Name: probe.Name } }),
      ),
  ],
  ['drop a table', [], ({ glue }) => glue.send(new DeleteTableCommand(probe))],
  ['take what landed', ['IngestFile'], receive(landed)],
  // A delivery that was held is told of again once its change is approved.
  ['say that something landed', ['Commit'], send(landed)],
  ['take commits', ['Commit'], receive(commits)],
  ['take events', ['WriteEvents'], receive(events)],
  ['post events', ['AcceptEvent'], send(events)],
];

describe.each(functions)('%s', (construct) => {
  let clients: Clients;
  beforeAll(async () => {
    clients = await clientsOf(construct);
  });
  afterAll(() => close(clients));

  it.each(
    attempts.map(([what, who, attempt]) => [what, who.includes(construct) ? 'yes' : 'no', attempt] as const),
  )('may %s: %s', async (_what, expected, attempt) => {
    expect(await verdict(attempt(clients))).toBe(expected);
  });
});

/** What was posted is nothing: nobody is to try it again and again. */
afterAll(async () => {
  const { sqs } = awsClients(emulatorEnv(emulator));
  await sqs.send(new PurgeQueueCommand({ QueueUrl: events }));
  sqs.destroy();
});

/** Those whose own policy says it; AWS itself takes no call in plain text at the others. */
describe.each(['IngestFile', 'Commit'] as const)('%s without TLS', (construct) => {
  it('may do nothing', async () => {
    // What a proxy says that took the request in plain text.
    const plain = await clientsOf(construct);
    disturbed(
      { s3: plain.s3, sqs: plain.sqs },
      (send, { args }) => {
        (args.request as { headers: Record<string, string> }).headers['x-forwarded-proto'] = 'http';
        return send();
      },
      'build',
    );
    const may = attempts.filter(
      ([what, who]) => who.includes(construct) && /landed|makes a table|commits/.test(what),
    );
    expect(may.length).toBeGreaterThan(1);
    for (const [what, , attempt] of may) expect([what, await verdict(attempt(plain))]).toEqual([what, 'no']);
    close(plain);
  });
});

import { describe, expect, it } from '@jest/globals';
import { granted, list, may, statements } from './iam.ts';
import { COMMIT, INGEST, REPLAY, synthesize, WRITE } from './support.ts';

const stack = synthesize();
const bucket = (part: string) => `arn:aws:s3:::${stack.one('AWS::S3::Bucket', part).name}`;
const landed = `${bucket('Landing')}/landing/retailos/stores/a.csv`;
const lake = bucket('Lake');
const rows = [
  `${lake}/lake/retailos/stores/data/a.parquet`,
  `${lake}/quarantine/retailos/stores/data/a.parquet`,
];
const metadata = [
  `${lake}/lake/retailos/stores/metadata/1.json`,
  `${lake}/quarantine/retailos/stores/metadata/1.json`,
];
const manifest = `${lake}/deliveries/retailos/stores/a.manifest.json`;
const companion = `${lake}/deliveries/retailos/stores/a.metadata.json`;
const ledger = `arn:aws:dynamodb:us-east-1:000000000000:table/${stack.one('AWS::DynamoDB::Table', 'Ledger').name}`;
const queue = (part: string) =>
  `arn:aws:sqs:us-east-1:000000000000:${stack.one('AWS::SQS::Queue', part).name}`;

/** A table of this stage, with all that Glue asks about. */
const table = ['catalog', 'database/retailos_dev', 'table/retailos_dev/stores'].map(
  (resource) => `arn:aws:glue:us-east-1:000000000000:${resource}`,
);
const glue = ['glue:GetTable', 'glue:CreateTable', 'glue:UpdateTable', 'glue:DeleteTable'];

/** Which of the actions the function may do on any of the resources. */
const allowed = (entry: string, actions: readonly string[], resources: readonly string[]) =>
  actions.filter((action) => resources.some((arn) => may(stack, entry, action, arn)));

const writes = ['s3:PutObject', 's3:DeleteObject'];
const erasures = ['s3:DeleteObject', 's3:DeleteObjectVersion'];

describe('replay', () => {
  const replays = `${lake}/replays/retailos/stores/a.ndjson`;
  const refused = rows.filter((arn) => arn.includes('/quarantine/'));

  it('reads refused rows, and no others', () => {
    expect(allowed(REPLAY, ['s3:GetObject'], refused)).toHaveLength(1);
    expect(
      allowed(
        REPLAY,
        ['s3:GetObject'],
        rows.filter((arn) => !refused.includes(arn)),
      ),
    ).toEqual([]);
  });

  it("puts what goes a file's way, and changes nothing that makes files a table", () => {
    for (const arn of [replays, landed]) expect(allowed(REPLAY, writes, [arn])).toEqual(['s3:PutObject']);
    for (const arn of [...rows, manifest]) expect(allowed(REPLAY, writes, [arn])).toEqual(writes);
    expect(allowed(REPLAY, [...writes, ...erasures], metadata)).toEqual([]);
    for (const arn of table) expect(allowed(REPLAY, glue, [arn])).toEqual(['glue:GetTable']);
  });

  it('takes dead letters of events and of no other queue, and puts into commits alone', () => {
    const all = stack.all('AWS::SQS::Queue').map(({ id }) => queue(id));
    const verbs = ['ReceiveMessage', 'ChangeMessageVisibility', 'DeleteMessage', 'SendMessage'];
    const may = (arn: string) =>
      allowed(
        REPLAY,
        verbs.map((verb) => `sqs:${verb}`),
        [arn],
      ).length;
    const letters = ['EventsDeadLetters', 'OrderedDeadLetters'].map(queue);
    expect(letters.map(may)).toEqual([3, 3]);
    expect(allowed(REPLAY, ['sqs:SendMessage'], all)).toEqual(['sqs:SendMessage']);
    expect(all.filter((arn) => may(arn) > 0).sort()).toEqual([...letters, queue('CommitsQueue')].sort());
    expect(may(queue('CommitsQueue'))).toBe(1);
  });

  it('writes deliveries, claims and what became of dead letters into the ledger, and deletes nothing', () => {
    const changes = ['PutItem', 'UpdateItem', 'DeleteItem', 'BatchWriteItem'].map(
      (verb) => `dynamodb:${verb}`,
    );
    expect(allowed(REPLAY, changes, [ledger])).toEqual(changes.slice(0, 2));
    const kinds = granted(stack, REPLAY)
      .filter(({ Action }) => list(Action).some((action) => changes.includes(action)))
      .map(({ Condition }) => Condition?.['ForAllValues:StringLike']?.['dynamodb:LeadingKeys']);
    expect(kinds).toEqual([['delivery#*', 'claim#*', 'discarded#*']]);
  });

  it('is read by ingest-file, which cannot change it', () => {
    expect(allowed(INGEST, ['s3:GetObject', ...writes], [replays])).toEqual(['s3:GetObject']);
  });
});

describe('ingest-file', () => {
  it('reads what landed, and can neither change nor delete it', () => {
    expect(allowed(INGEST, ['s3:GetObject', 's3:GetObjectVersion'], [landed])).toHaveLength(2);
    expect(allowed(INGEST, [...writes, ...erasures], [landed])).toEqual([]);
  });

  it('reads nothing of the landing bucket outside landing/', () => {
    expect(allowed(INGEST, ['s3:GetObject'], [`${bucket('Landing')}/other/a.csv`])).toEqual([]);
  });

  it('writes rows and manifests, but not what makes them a table', () => {
    for (const arn of [...rows, manifest]) expect(allowed(INGEST, writes, [arn])).toEqual(writes);
    expect(allowed(INGEST, [...writes, ...erasures], metadata)).toEqual([]);
  });

  it('reads no rows of earlier deliveries', () => {
    expect(allowed(INGEST, ['s3:GetObject'], rows)).toEqual([]);
  });

  it('takes from landed and puts into commits, not the other way round', () => {
    const both = ['sqs:SendMessage', 'sqs:DeleteMessage'];
    expect(allowed(INGEST, both, [queue('CommitsQueue')])).toEqual(['sqs:SendMessage']);
    expect(allowed(INGEST, both, [queue('LandedQueue')])).toEqual(['sqs:DeleteMessage']);
  });

  it('asks Glue where the tables are, and changes none', () => {
    for (const arn of table) expect(allowed(INGEST, glue, [arn])).toEqual(['glue:GetTable']);
  });

  it('deletes nothing from the ledger', () => {
    expect(allowed(INGEST, ['dynamodb:DeleteItem', 'dynamodb:BatchWriteItem'], [ledger])).toEqual([]);
  });
});

describe('write-events', () => {
  it('has no business in the landing bucket', () => {
    expect(allowed(WRITE, ['s3:GetObject', 's3:ListBucket', ...writes], [landed, bucket('Landing')])).toEqual(
      [],
    );
  });

  it('writes rows and manifests, reads no earlier ones, and changes nothing that makes them a table', () => {
    for (const arn of [...rows, manifest])
      expect(allowed(WRITE, ['s3:GetObject', ...writes], [arn])).toEqual(writes);
    expect(allowed(WRITE, [...writes, ...erasures], metadata)).toEqual([]);
    for (const arn of table) expect(allowed(WRITE, glue, [arn])).toEqual(['glue:GetTable']);
  });

  it('takes from events and ordered, and puts into commits, not the other way round', () => {
    const both = ['sqs:SendMessage', 'sqs:DeleteMessage'];
    expect(allowed(WRITE, both, [queue('CommitsQueue')])).toEqual(['sqs:SendMessage']);
    for (const name of ['EventsQueue', 'OrderedQueue'])
      expect(allowed(WRITE, both, [queue(name)])).toEqual(['sqs:DeleteMessage']);
  });

  it('deletes nothing from the ledger', () => {
    expect(allowed(WRITE, ['dynamodb:DeleteItem', 'dynamodb:BatchWriteItem'], [ledger])).toEqual([]);
  });
});

describe('commit', () => {
  it('has no business in the landing bucket', () => {
    expect(granted(stack, COMMIT).flatMap(({ Resource }) => list(Resource))).not.toContainEqual(
      expect.stringContaining(bucket('Landing')),
    );
  });

  it('writes what makes files a table, deletes rows that expired, and never writes rows', () => {
    for (const arn of metadata) expect(allowed(COMMIT, writes, [arn])).toEqual(writes);
    for (const arn of rows) expect(allowed(COMMIT, writes, [arn])).toEqual(['s3:DeleteObject']);
  });

  it('reads the manifests of deliveries and leaves them as they are; what it writes is their companions', () => {
    expect(allowed(COMMIT, ['s3:GetObject', ...writes], [manifest])).toEqual(['s3:GetObject']);
    expect(allowed(COMMIT, writes, [companion])).toEqual(['s3:PutObject']);
  });

  it('makes and moves the tables of its databases, deletes none, and sees no others', () => {
    for (const arn of table) expect(allowed(COMMIT, glue, [arn])).toEqual(glue.slice(0, 3));
    const others = table.map((arn) => arn.replace('retailos_dev', 'retailos_prod')).slice(1);
    expect(allowed(COMMIT, glue, others)).toEqual([]);
  });

  it('tells of what waited for a decision, and sends no other messages', () => {
    const { landed = [], others = [] } = Object.groupBy(
      stack.all('AWS::SQS::Queue').map(({ id }) => queue(id)),
      (arn) => (arn === queue('LandedQueue') ? 'landed' : 'others'),
    );
    expect(allowed(COMMIT, ['sqs:SendMessage'], landed)).toEqual(['sqs:SendMessage']);
    expect(allowed(COMMIT, ['sqs:SendMessage'], others)).toEqual([]);
  });
});

const logs = (action: string): string => `logs:${action}`;

describe('nobody', () => {
  const policies = statements(stack, 'AWS::IAM::Policy');

  it('is granted a wildcard action', () => {
    const resourcePolicies = ['AWS::S3::BucketPolicy', 'AWS::SQS::QueuePolicy', 'AWS::SNS::TopicPolicy'];
    const grants = [...policies, ...resourcePolicies.flatMap((type) => statements(stack, type))]
      .filter(({ Effect }) => Effect === 'Allow')
      .flatMap(({ Action }) => list(Action));
    expect(grants.length).toBeGreaterThan(20);
    expect(grants.filter((action) => action.includes('*'))).toEqual([]);
  });

  it('is granted anything on every resource, but to send traces and to have a state machine log', () => {
    const everywhere = policies.filter(({ Resource }) => list(Resource).includes('*'));
    expect(new Set(everywhere.flatMap(({ Action }) => list(Action)))).toEqual(
      new Set([
        ...['xray:PutTraceSegments', 'xray:PutTelemetryRecords'],
        ...['xray:GetSamplingRules', 'xray:GetSamplingTargets'],
        // AWS knows no narrower way for a state machine to log.
        ...['CreateLogDelivery', 'GetLogDelivery', 'UpdateLogDelivery', 'DeleteLogDelivery'].map(logs),
        ...['ListLogDeliveries', 'PutResourcePolicy', 'DescribeResourcePolicies', 'DescribeLogGroups'].map(
          logs,
        ),
      ]),
    );
  });

  it('erases versions, or reads the whole ledger', () => {
    for (const entry of [INGEST, WRITE, COMMIT]) {
      expect(allowed(entry, ['s3:DeleteObjectVersion'], [...rows, ...metadata, manifest])).toEqual([]);
      expect(allowed(entry, ['dynamodb:Scan', 'dynamodb:DeleteTable'], [ledger])).toEqual([]);
    }
  });

  it('has more than was granted here: no function has a ready-made policy', () => {
    const roles = stack
      .all<{ ManagedPolicyArns?: unknown }>('AWS::IAM::Role')
      .filter(({ id }) => id.startsWith('Files') || id.startsWith('EventPipeline'));
    expect(roles).toHaveLength(5);
    for (const { properties } of roles) expect(properties.ManagedPolicyArns).toBeUndefined();
  });
});

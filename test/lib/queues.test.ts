import { describe, expect, it } from '@jest/globals';
import { statementsOn } from './iam.ts';
import { synthesize } from './support.ts';

interface Queue {
  readonly FifoQueue?: boolean;
  readonly DelaySeconds?: number;
  readonly ContentBasedDeduplication?: boolean;
  readonly VisibilityTimeout?: number;
  readonly RedrivePolicy?: { readonly deadLetterTargetArn: string; readonly maxReceiveCount: number };
}

interface Mapping {
  readonly EventSourceArn: string;
  readonly FunctionName: string;
  readonly BatchSize?: number;
  readonly MaximumBatchingWindowInSeconds?: number;
  readonly FunctionResponseTypes?: readonly string[];
}

interface Notifications {
  readonly BucketName: string;
  readonly NotificationConfiguration: { readonly QueueConfigurations: readonly unknown[] };
}

const QUEUE = 'AWS::SQS::Queue';
const arn = (name: string) => `arn:aws:sqs:us-east-1:000000000000:${name}`;
const stack = synthesize();
const queues = stack.all<Queue>(QUEUE);
const sources = queues.filter(({ properties }) => properties.RedrivePolicy);

describe.each(queues)('the queue $name', ({ name, properties }) => {
  it('encrypts its messages, keeps them for fourteen days, and answers nobody over plain HTTP', () => {
    expect(properties).toMatchObject({ SqsManagedSseEnabled: true, MessageRetentionPeriod: 14 * 86_400 });
    const policies = stack.all<{ Queues: string[] }>('AWS::SQS::QueuePolicy');
    expect(policies.filter(({ properties: { Queues } }) => Queues.includes(name))).toHaveLength(1);
    expect(statementsOn(stack, 'AWS::SQS::QueuePolicy', 'Queues', name)).toContainEqual(
      expect.objectContaining({
        Effect: 'Deny',
        Action: 'sqs:*',
        Resource: arn(name),
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      }),
    );
  });
});

describe('the way between the steps', () => {
  it('has seven queues, each read by a function', () => {
    const read = stack.all<Mapping>('AWS::Lambda::EventSourceMapping');
    expect(sources.map(({ name }) => arn(name)).sort()).toEqual(
      read.map(({ properties }) => properties.EventSourceArn).sort(),
    );
    expect(sources).toHaveLength(7);
  });

  it.each(sources)(
    'gives a message in $name five tries, then keeps it in a queue of the same kind',
    (queue) => {
      const { maxReceiveCount, deadLetterTargetArn } = queue.properties.RedrivePolicy!;
      const dead = queues.find(({ name }) => arn(name) === deadLetterTargetArn);
      expect(maxReceiveCount).toBe(5);
      expect(dead?.properties.FifoQueue).toBe(queue.properties.FifoQueue);
      expect(dead?.properties.RedrivePolicy).toBeUndefined();
    },
  );

  it.each(sources)(
    'hides a message of $name six times as long as its function may run',
    ({ name, properties }) => {
      const mapping = stack
        .all<Mapping>('AWS::Lambda::EventSourceMapping')
        .find(({ properties: { EventSourceArn } }) => EventSourceArn === arn(name));
      const reader = stack
        .all<{ Timeout: number }>('AWS::Lambda::Function')
        .find((candidate) => candidate.name === mapping?.properties.FunctionName);
      expect(properties.VisibilityTimeout).toBe(6 * reader!.properties.Timeout);
    },
  );

  it('holds back a tick for a second, and nothing else', () => {
    const delayed = queues.filter(({ properties }) => properties.DelaySeconds);
    expect(delayed.map(({ properties }) => properties.DelaySeconds)).toEqual([1]);
    expect(delayed[0]!.id).toMatch(/^LiveTicksQueue/);
  });

  it('commits in order, and takes two requests for the same commit as two', () => {
    const commits = stack.one<Queue>(QUEUE, 'CommitsQueue').properties;
    expect(commits.FifoQueue).toBe(true);
    expect(commits.ContentBasedDeduplication ?? false).toBe(false);
  });

  it('hands events whose order matters to the function of the others, ten at a time and without delay', () => {
    const mappingOf = (id: string) => {
      const { name } = stack.one(QUEUE, id);
      return stack
        .all<Mapping>('AWS::Lambda::EventSourceMapping')
        .find(({ properties }) => properties.EventSourceArn === arn(name))!.properties;
    };
    const ordered = stack.one<Queue>(QUEUE, 'OrderedQueue').properties;
    expect(ordered.FifoQueue).toBe(true);
    expect(ordered.ContentBasedDeduplication ?? false).toBe(false);
    const mapping = mappingOf('OrderedQueue');
    expect(mapping).toMatchObject({ BatchSize: 10, FunctionResponseTypes: ['ReportBatchItemFailures'] });
    // Lambda refuses one for a FIFO queue.
    expect(mapping.MaximumBatchingWindowInSeconds).toBeUndefined();
    expect(mapping.FunctionName).toBe(mappingOf('EventsQueue').FunctionName);
  });

  /** Where S3 tells of new objects, and under which prefix. */
  const watched = [
    ['Landing', 'landing/'],
    ['Lake', 'replays/'],
  ] as const;
  const bucketNamed = (id: string) => stack.one('AWS::S3::Bucket', id).name;

  it('is told what landed by S3 for the buckets of this account, and by nobody else', () => {
    const { name } = stack.one(QUEUE, 'LandedQueue');
    const allowed = queues
      .flatMap((queue) => statementsOn(stack, 'AWS::SQS::QueuePolicy', 'Queues', queue.name))
      .filter(({ Effect }) => Effect === 'Allow');
    expect(allowed).toEqual(
      watched.map(([bucket]) => ({
        Effect: 'Allow',
        Action: 'sqs:SendMessage',
        Principal: { Service: 's3.amazonaws.com' },
        Resource: arn(name),
        Condition: {
          ArnEquals: { 'aws:SourceArn': `arn:aws:s3:::${bucketNamed(bucket)}` },
          StringEquals: { 'aws:SourceAccount': '000000000000' },
        },
      })),
    );
  });

  it('hears of every object that lands and of every replay, and of no other', () => {
    const asked = stack.all<Notifications>('Custom::S3BucketNotifications');
    expect(
      asked.map(({ properties }) => [properties.BucketName, properties.NotificationConfiguration]),
    ).toEqual(
      watched.map(([bucket, prefix]) => [
        bucketNamed(bucket),
        {
          QueueConfigurations: [
            {
              Events: ['s3:ObjectCreated:*'],
              Filter: { Key: { FilterRules: [{ Name: 'prefix', Value: prefix }] } },
              QueueArn: arn(stack.one(QUEUE, 'LandedQueue').name),
            },
          ],
        },
      ]),
    );
  });
});

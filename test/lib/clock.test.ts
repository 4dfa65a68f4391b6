/** The clock as it is deployed: a schedule for every row of the table, and functions that may do their work and no more. */
import { describe, expect, it } from '@jest/globals';
import { fromEventBridge } from '../../core/schedule/eventbridge.ts';
import { jobs } from '../../core/schedule/jobs.ts';
import { type Job, LONGEST } from '../../core/schedule/model.ts';
import { nextTimes } from '../../core/schedule/times.ts';
import { cleanUpEnv, compactEnv, expireEnv, readEnv, runJobEnv, sweepEnv } from '../../lambdas/config.ts';
import { granted, may, statementsOn } from './iam.ts';
import { CLEAN_UP, COMPACT, EXPIRE, QUARANTINE_AGE, RUN_JOB, SWEEP, synthesize } from './support.ts';

interface Schedule {
  readonly Name: string;
  readonly GroupName: string;
  readonly Description: string;
  readonly ScheduleExpression: string;
  readonly ScheduleExpressionTimezone: string;
  readonly Target: {
    readonly Arn: string;
    readonly Input: string;
    readonly RoleArn: string;
    readonly DeadLetterConfig: { readonly Arn: string };
    readonly RetryPolicy: { readonly MaximumEventAgeInSeconds: number };
  };
}

interface Function {
  readonly Timeout: number;
  readonly Environment: { readonly Variables: Readonly<Record<string, string>> };
}

const stack = synthesize();
const schedules = stack.all<Schedule>('AWS::Scheduler::Schedule').map(({ properties }) => properties);
const arn = (service: string, name: string) => `arn:aws:${service}:us-east-1:000000000000:${name}`;
const queue = (part: string) => arn('sqs', stack.one('AWS::SQS::Queue', part).name);
const functionAt = (entry: string) =>
  stack.all<Function>('AWS::Lambda::Function').find(({ metadata }) => metadata['wharf:entry'] === entry)!;
const functionArn = (entry: string) => arn('lambda', `function:${functionAt(entry).name}`);
const envOf = (entry: string) => functionAt(entry).properties.Environment.Variables;
const bucket = (part: string) => `arn:aws:s3:::${stack.one('AWS::S3::Bucket', part).name}`;
const lake = bucket('Lake');
const rows = `${lake}/lake/retailos/stores/data/a.parquet`;
const metadata = `${lake}/lake/retailos/stores/metadata/1.json`;
const manifest = `${lake}/deliveries/retailos/stores/a.manifest.json`;
const landed = `${bucket('Landing')}/landing/retailos/stores/a.csv`;
const workers = [SWEEP, COMPACT, EXPIRE, CLEAN_UP, QUARANTINE_AGE];

describe('schedules', () => {
  it('are as many as the table has rows, and due when the rows are', () => {
    expect(schedules.map(({ Name }) => Name).sort()).toEqual(Object.keys(jobs).sort());
    const at = new Date('2026-03-28T00:30:00Z');
    for (const { Name, ScheduleExpression, ScheduleExpressionTimezone: zone, Description } of schedules) {
      const { when, describe: says } = jobs[Name as keyof typeof jobs] as Job;
      expect(nextTimes({ cron: fromEventBridge(ScheduleExpression), zone }, at, 50)).toEqual(
        nextTimes(when, at, 50),
      );
      expect(Description).toBe(says);
    }
  });

  it('send the name of their job and the time it was due to the queue of jobs, and lose nothing where it does not answer', () => {
    for (const { Name, GroupName, Target } of schedules) {
      expect(GroupName).toBe('wharf-dev');
      expect(JSON.parse(Target.Input)).toEqual({ job: Name, due: '<aws.scheduler.scheduled-time>' });
      expect(Target.Arn).toBe(queue('JobsQueue'));
      expect(Target.DeadLetterConfig.Arn).toBe(queue('JobsDeadLetters'));
      expect(Target.RetryPolicy.MaximumEventAgeInSeconds).toBe(24 * 3600);
    }
  });

  it('may send to that queue, and do nothing else; nobody else’s schedules may take their role', () => {
    const roles = new Set(schedules.map(({ Target }) => Target.RoleArn));
    expect(roles.size).toBe(1);
    const role = [...roles][0]!.split(':').at(-1)!;
    expect(statementsOn(stack, 'AWS::IAM::Policy', 'Roles', role)).toEqual([
      {
        Effect: 'Allow',
        Action: 'sqs:SendMessage',
        Resource: [queue('JobsDeadLetters'), queue('JobsQueue')],
      },
    ]);
    const { AssumeRolePolicyDocument } = stack.one<{ AssumeRolePolicyDocument: { Statement: object[] } }>(
      'AWS::IAM::Role',
      'ClockScheduler',
    ).properties;
    expect(AssumeRolePolicyDocument.Statement).toMatchObject([
      {
        Principal: { Service: 'scheduler.amazonaws.com' },
        Condition: {
          StringEquals: { 'aws:SourceAccount': '000000000000', 'aws:SourceArn': expect.any(String) },
        },
      },
    ]);
  });
});

describe('run-job', () => {
  it('knows a function for the work of every row, and may call these alone', () => {
    const env = readEnv(runJobEnv, envOf(RUN_JOB));
    expect(Object.keys(env.WHARF_WORK).sort()).toEqual(
      [...new Set(Object.values(jobs).map(({ work }) => work))].sort(),
    );
    expect(Object.values(env.WHARF_WORK).sort()).toEqual(
      workers.map((entry) => functionAt(entry).name).sort(),
    );
    const functions = stack
      .all<Function>('AWS::Lambda::Function')
      .map(({ name }) => arn('lambda', `function:${name}`));
    expect(functions.filter((one) => may(stack, RUN_JOB, 'lambda:InvokeFunction', one)).sort()).toEqual(
      workers.map(functionArn).sort(),
    );
  });

  it('outlasts the longest work', () => {
    for (const entry of workers) expect(functionAt(entry).properties.Timeout).toBe(LONGEST);
    expect(functionAt(RUN_JOB).properties.Timeout).toBeGreaterThan(LONGEST);
  });

  it('touches no bucket, and of the ledger runs, turns and why one was given up', () => {
    const statements = granted(stack, RUN_JOB);
    expect(JSON.stringify(statements)).not.toContain('s3:');
    expect(statements.filter(({ Action }) => JSON.stringify(Action).includes('dynamodb:'))).toMatchObject([
      {
        Action: ['dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'],
        Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['runs#*', 'turn#*', 'dead#*'] } },
      },
    ]);
  });
});

describe('the work', () => {
  const can = (entry: string, action: string, ...arns: string[]) =>
    arns.map((one) => may(stack, entry, action, one));

  it('finds the environment it reads', () => {
    expect(readEnv(sweepEnv, envOf(SWEEP)).WHARF_LANDING_BUCKET).toBe(stack.output('LandingBucketName'));
    expect(readEnv(compactEnv, envOf(COMPACT)).WHARF_ENGINE_MEMORY_MB).toBe(1024);
    expect(readEnv(expireEnv, envOf(EXPIRE)).WHARF_SNAPSHOT_RETENTION_DAYS).toBe(7);
    expect(readEnv(cleanUpEnv, envOf(CLEAN_UP)).WHARF_LAKE_BUCKET).toBe(stack.output('LakeBucketName'));
  });

  it('of the sweep lists what landed and tells of it; it reads no file and changes none', () => {
    expect(can(SWEEP, 's3:ListBucketVersions', bucket('Landing'), lake)).toEqual([true, false]);
    for (const action of ['s3:GetObject', 's3:GetObjectVersion', 's3:PutObject', 's3:DeleteObject'])
      expect(can(SWEEP, action, landed, rows, metadata, manifest)).toEqual([false, false, false, false]);
    expect(can(SWEEP, 'sqs:SendMessage', queue('LandedQueue'), queue('CommitsQueue'))).toEqual([true, false]);
  });

  it('of compaction rewrites tables, and knows nothing of what landed or of manifests', () => {
    for (const action of ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'])
      expect(can(COMPACT, action, rows, metadata, manifest, landed)).toEqual([true, true, false, false]);
  });

  it('of compaction reads of contracts what was approved, and writes no more than that it has done its part', () => {
    const kinds = granted(stack, COMPACT).flatMap(({ Action, Resource, Condition }) => {
      const keys = Condition?.['ForAllValues:StringLike']?.['dynamodb:LeadingKeys'];
      return keys ? [[Action, keys, String(Resource).replace(/^.*?table\/[^/]+/, '')]] : [];
    });
    expect(kinds).toEqual([
      ['dynamodb:GetItem', ['contract#*'], ''],
      ['dynamodb:Query', ['approvals#*'], '/index/by_dataset'],
      ['dynamodb:UpdateItem', ['approval#*'], ''],
    ]);
    for (const action of ['PutItem', 'DeleteItem'])
      expect(JSON.stringify(granted(stack, COMPACT))).not.toContain(`dynamodb:${action}`);
  });

  it('of retention deletes rows that expired and never writes any', () => {
    expect(can(EXPIRE, 's3:PutObject', rows, metadata, manifest)).toEqual([false, true, false]);
    expect(can(EXPIRE, 's3:DeleteObject', rows, metadata, manifest, landed)).toEqual([
      true,
      true,
      true,
      false,
    ]);
  });

  it('of the clean-up deletes staging and short-lived notes; rows, manifests and deliveries are out of its reach', () => {
    expect(can(CLEAN_UP, 's3:DeleteObject', `${lake}/staging/a`, rows, metadata, manifest, landed)).toEqual([
      true,
      false,
      false,
      false,
      false,
    ]);
    const deleting = granted(stack, CLEAN_UP).filter(({ Action }) =>
      JSON.stringify(Action).includes('DeleteItem'),
    );
    const kinds = deleting.map(
      ({ Condition }) => Condition?.['ForAllValues:StringLike']?.['dynamodb:LeadingKeys'],
    );
    expect(kinds).toEqual([['runs#*', 'discarded#*', 'dead#*', 'claim#*', 'idempotency#*', 'rate#*']]);
  });
});

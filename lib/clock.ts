/** The clock: a schedule for each job, the queue they ask through, what runs them, and a function for each kind of work. */
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import {
  ContextAttribute,
  Schedule,
  ScheduleExpression,
  ScheduleGroup,
  ScheduleTargetInput,
} from 'aws-cdk-lib/aws-scheduler';
import { SqsSendMessage } from 'aws-cdk-lib/aws-scheduler-targets';
import { Duration, Stack, TimeZone } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { toEventBridge } from '../core/schedule/eventbridge.ts';
import { checkJobs, jobs } from '../core/schedule/jobs.ts';
import { type Job, LONGEST } from '../core/schedule/model.ts';
import { forgotten } from '../core/schedule/retention.ts';
import { ANY_TABLE, NAMED_LATER } from './accepted.ts';
import { WharfFunction, type WharfFunctionProps } from './function.ts';
import { KEY_USE } from './key.ts';
import { lakeEnvironment, type WriterProps } from './lake-writer.ts';
import { oldestRefusedRow } from './quarantine-age.ts';
import { WatchedQueue } from './queues.ts';
import { removalPolicy } from './removal.ts';

export interface ClockProps extends WriterProps {
  /** Where lost objects are told of. */
  readonly landed: WatchedQueue;
}

/** `run-job` waits for the work, so it has a little longer. */
const WORK_TIMEOUT = Duration.seconds(LONGEST);
const RUN_TIMEOUT = Duration.seconds(900);

export class Clock extends Construct {
  readonly due: WatchedQueue;
  readonly runJob: WharfFunction;

  constructor(scope: Construct, id: string, props: ClockProps) {
    super(scope, id);
    const { config, alarms, key, ledger } = props;
    const { maxReceives } = config;
    checkJobs(jobs);
    // Scheduler calls a function without waiting for what becomes of it, and Lambda tries again twice at the most. A
    // queue has what the other steps have: waits as long as the row says, dead letters, an alarm.
    this.due = new WatchedQueue(this, 'Jobs', { alarms, key, maxReceives, timeout: RUN_TIMEOUT });
    const { queue, deadLetters } = this.due;
    const workers = this.#workers(props);
    this.runJob = new WharfFunction(this, 'RunJob', {
      ...{ config, alarms, key, memory: 256, timeout: RUN_TIMEOUT },
      entry: 'lambdas/run-job/handler.ts',
      environment: {
        WHARF_LEDGER_TABLE: ledger.table.tableName,
        WHARF_JOBS_QUEUE_URL: queue.queueUrl,
        WHARF_DEAD_JOBS_QUEUE_URL: deadLetters.queueUrl,
        WHARF_MAX_RECEIVES: String(maxReceives),
        WHARF_WORK: Stack.of(this).toJsonString(
          Object.fromEntries(
            Object.entries(workers).map(([work, made]) => [work, made.function.functionName]),
          ),
        ),
      },
    });
    // One run has the function to itself: it may last a quarter of an hour.
    this.runJob.function.addEventSource(
      new SqsEventSource(queue, { reportBatchItemFailures: true, batchSize: 1 }),
    );
    this.runJob.allow(['sqs:SendMessage'], [queue.queueArn, deadLetters.queueArn]);
    this.runJob.allow(
      ['lambda:InvokeFunction'],
      Object.values(workers).map((made) => made.function.functionArn),
    );
    ledger.allowItems(this.runJob, ['GetItem', 'PutItem', 'DeleteItem', 'Query'], ['runs', 'turn', 'dead']);
    this.#schedules(props);
  }

  #schedules({ config, key }: ClockProps): void {
    const { queue, deadLetters } = this.due;
    const scheduleGroup = new ScheduleGroup(this, 'Schedules', {
      scheduleGroupName: `wharf-${config.stage}`,
      removalPolicy: removalPolicy(config),
    });
    // A role of our own: the one that CDK makes may use a key in more ways than it takes.
    const role = new Role(this, 'Scheduler', {
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: {
          StringEquals: {
            'aws:SourceAccount': Stack.of(this).account,
            'aws:SourceArn': scheduleGroup.scheduleGroupArn,
          },
        },
      }),
    });
    const allow = (actions: readonly string[], resources: string[]) =>
      role.addToPolicy(new PolicyStatement({ actions: [...actions], resources }));
    allow(['sqs:SendMessage'], [queue.queueArn, deadLetters.queueArn]);
    if (key) allow(KEY_USE, [key.keyArn]);
    for (const [name, { describe, when }] of Object.entries<Job>(jobs))
      new Schedule(this, name, {
        scheduleName: name,
        scheduleGroup,
        description: describe,
        schedule: ScheduleExpression.expression(toEventBridge(when.cron), TimeZone.of(when.zone)),
        target: new SqsSendMessage(queue, {
          input: ScheduleTargetInput.fromObject({ job: name, due: ContextAttribute.scheduledTime }),
          // Of a queue that does not answer. What a late run is worth is for its row to say.
          maxEventAge: Duration.hours(24),
          deadLetterQueue: deadLetters,
          role: role.withoutPolicyUpdates(),
        }),
      });
  }

  /** Work → the function that does it, with the rights of that work and no others. */
  #workers(props: ClockProps): Readonly<Record<string, WharfFunction>> {
    const { config, alarms, key, storage, ledger, analytics, landed } = props;
    const { lake, landing } = storage;
    const { table } = ledger;
    const make = (
      id: string,
      work: string,
      memory: number,
      own: Partial<WharfFunctionProps>,
    ): WharfFunction =>
      new WharfFunction(this, id, {
        ...{ config, alarms, key, memory, timeout: WORK_TIMEOUT },
        entry: `lambdas/${work}/handler.ts`,
        ...own,
        environment: { WHARF_LEDGER_TABLE: table.tableName, ...own.environment },
      });
    const tables = lakeEnvironment(props);

    const sweep = make('Sweep', 'sweep', 512, {
      environment: {
        WHARF_LANDING_BUCKET: landing.bucketName,
        WHARF_LANDED_QUEUE_URL: landed.queue.queueUrl,
      },
    });
    sweep.allow(['s3:ListBucketVersions'], [landing.bucketArn]);
    sweep.allow(['dynamodb:BatchGetItem'], [table.tableArn]);
    ledger.allowItems(sweep, ['GetItem', 'PutItem'], ['sweep']);
    sweep.allow(['sqs:SendMessage'], [landed.queue.queueArn]);

    const compact = make('Compact', 'compact', config.compact.memory, {
      duckdb: true,
      storage: config.compact.storage,
      environment: { ...tables, WHARF_ENGINE_MEMORY_MB: String(Math.floor(config.compact.memory / 2)) },
    });
    compact.allow(['s3:GetObject'], storage.lakeObjects('metadata', 'data'), NAMED_LATER);
    compact.allow(
      ['s3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload'],
      storage.lakeObjects('metadata', 'data'),
      NAMED_LATER,
    );
    compact.allow(['s3:ListBucket'], [lake.bucketArn]);
    compact.allow(['glue:GetTable', 'glue:UpdateTable'], analytics.tables, ANY_TABLE);
    compact.allow(['dynamodb:BatchGetItem'], [table.tableArn]);
    // What was approved, for columns whose values came before them.
    ledger.allowItems(compact, ['GetItem'], ['contract']);
    ledger.allowItems(compact, ['Query'], ['approvals'], '/index/by_dataset');
    ledger.allowItems(compact, ['UpdateItem'], ['approval']);

    const expire = make('Expire', 'expire', 1024, {
      environment: { ...tables, WHARF_SNAPSHOT_RETENTION_DAYS: String(config.retention.snapshots) },
    });
    expire.allow(['s3:GetObject'], storage.lakeObjects('metadata', 'deliveries'), NAMED_LATER);
    expire.allow(['s3:PutObject'], storage.lakeObjects('metadata'), NAMED_LATER);
    expire.allow(['s3:DeleteObject'], storage.lakeObjects('metadata', 'data', 'deliveries'), NAMED_LATER);
    expire.allow(['s3:ListBucket'], [lake.bucketArn]);
    expire.allow(['glue:GetTable', 'glue:UpdateTable'], analytics.tables, ANY_TABLE);
    expire.allow(['dynamodb:Query'], [`${table.tableArn}/index/by_dataset`]);

    const cleanUp = make('CleanUp', 'clean-up', 512, { environment: { WHARF_LAKE_BUCKET: lake.bucketName } });
    cleanUp.allow(['s3:ListBucket'], [lake.bucketArn]);
    cleanUp.allow(['s3:DeleteObject'], storage.lakeObjects('staging'), NAMED_LATER);
    cleanUp.allow(['dynamodb:Scan'], [table.tableArn]);
    ledger.allowItems(cleanUp, ['DeleteItem'], Object.keys(forgotten));

    const age = make('QuarantineAge', 'quarantine-age', 512, {});
    age.allow(['dynamodb:BatchGetItem'], [table.tableArn]);
    age.allow(['dynamodb:Query'], [`${table.tableArn}/index/by_dataset`]);
    age.allow(['s3:GetObject'], storage.lakeObjects('deliveries'), NAMED_LATER);
    age.allow(['s3:ListBucket'], [lake.bucketArn]);
    alarms.watch('OldestRefusedRow', oldestRefusedRow(config));
    return { sweep, compact, expire, 'clean-up': cleanUp, 'quarantine-age': age };
  }
}

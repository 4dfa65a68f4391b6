/** A file's way as infrastructure: landing → landed → ingest-file → commit → the lake. */
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { ANY_TABLE, NAMED_LATER } from './accepted.ts';
import { WharfFunction } from './function.ts';
import { allowFiles, allowLanded, closerEnvironment, type WriterProps } from './lake-writer.ts';
import { LargeFiles } from './large-files.ts';
import { notifyOfObjects } from './notifications.ts';
import { WatchedQueue } from './queues.ts';
import { LANDING_PREFIX, REPLAYS_PREFIX } from './storage.ts';

export class FilePipeline extends Construct {
  readonly landed: WatchedQueue;
  readonly commits: WatchedQueue;
  readonly ingestFile: WharfFunction;
  readonly commit: WharfFunction;
  readonly large: LargeFiles;

  constructor(scope: Construct, id: string, props: WriterProps) {
    super(scope, id);
    const { config, alarms, key, storage, ledger, analytics } = props;
    const { landing, lake } = storage;
    const { ingestFile, maxReceives } = config;
    const ingestTimeout = Duration.seconds(ingestFile.timeout);
    const commitTimeout = Duration.seconds(config.commit.timeout);
    this.landed = new WatchedQueue(this, 'Landed', { alarms, key, maxReceives, timeout: ingestTimeout });
    this.commits = new WatchedQueue(this, 'Commits', {
      alarms,
      key,
      maxReceives,
      timeout: commitTimeout,
      fifo: true,
    });
    notifyOfObjects(landing, this.landed.queue, LANDING_PREFIX);
    notifyOfObjects(lake, this.landed.queue, REPLAYS_PREFIX);

    const common = closerEnvironment(props);
    this.large = new LargeFiles(this, 'Large', {
      ...{ config, alarms, key, storage, ledger, analytics },
      commits: this.commits,
    });
    this.ingestFile = new WharfFunction(this, 'IngestFile', {
      config,
      alarms,
      key,
      entry: 'lambdas/ingest-file/handler.ts',
      memory: ingestFile.memory,
      timeout: ingestTimeout,
      storage: ingestFile.storage,
      duckdb: true,
      environment: {
        ...common,
        WHARF_COMMIT_QUEUE_URL: this.commits.queue.queueUrl,
        WHARF_LIMITS: JSON.stringify(config.limits),
        WHARF_MAX_RECEIVES: String(maxReceives),
        WHARF_STATE_MACHINE_ARN: this.large.machine.stateMachineArn,
        WHARF_DISTRIBUTED_OVER: String(config.distributed.over),
        WHARF_DISTRIBUTED_UP_TO: String(config.distributed.upTo),
        WHARF_ENGINE_MEMORY_MB: String(Math.floor(ingestFile.memory / 4)),
      },
    });
    this.commit = new WharfFunction(this, 'Commit', {
      config,
      alarms,
      key,
      entry: 'lambdas/commit/handler.ts',
      memory: config.commit.memory,
      timeout: commitTimeout,
      environment: {
        ...common,
        WHARF_LANDED_QUEUE_URL: this.landed.queue.queueUrl,
        WHARF_SNAPSHOT_RETENTION_DAYS: String(config.retention.snapshots),
        WHARF_MAX_RECEIVES: String(maxReceives),
      },
    });

    const events = { reportBatchItemFailures: true };
    this.ingestFile.function.addEventSource(
      new SqsEventSource(this.landed.queue, {
        ...events,
        batchSize: ingestFile.batch,
        maxConcurrency: ingestFile.concurrency,
      }),
    );
    this.commit.function.addEventSource(
      new SqsEventSource(this.commits.queue, { ...events, batchSize: config.commit.batch }),
    );

    const entries = ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'];
    allowLanded(this.ingestFile, storage);
    allowFiles(this.ingestFile, props);
    this.ingestFile.allow(['s3:GetObject'], storage.lakeObjects('replays'), NAMED_LATER);
    this.ingestFile.allow(entries, [ledger.table.tableArn]);
    this.ingestFile.allow(['sqs:SendMessage'], [this.commits.queue.queueArn]);
    this.ingestFile.allow(['states:StartExecution'], [this.large.machine.stateMachineArn]);
    this.commit.allow(['s3:GetObject'], storage.lakeObjects('metadata', 'deliveries'), NAMED_LATER);
    this.commit.allow(['s3:PutObject'], storage.lakeObjects('metadata', 'companions'), NAMED_LATER);
    this.commit.allow(['s3:DeleteObject'], storage.lakeObjects('metadata', 'data'), NAMED_LATER);
    this.commit.allow(['s3:ListBucket'], [lake.bucketArn]);
    this.commit.allow(['glue:GetTable', 'glue:CreateTable', 'glue:UpdateTable'], analytics.tables, ANY_TABLE);
    this.commit.allow(
      [...entries, 'dynamodb:DeleteItem', 'dynamodb:BatchGetItem', 'dynamodb:BatchWriteItem'],
      [ledger.table.tableArn],
    );
    // Deliveries that waited for a decision are looked up, and told of again.
    this.commit.allow(['dynamodb:Query'], [`${ledger.table.tableArn}/index/by_dataset`]);
    this.commit.allow(['sqs:SendMessage'], [this.landed.queue.queueArn]);
  }
}

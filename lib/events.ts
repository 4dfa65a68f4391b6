/** An event's way as infrastructure: events → write-events → commit → the lake. */
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { ANY_TABLE, NAMED_LATER } from './accepted.ts';
import type { Alarms } from './alarms.ts';
import type { Analytics } from './analytics.ts';
import type { WharfConfig } from './config.ts';
import { WharfFunction } from './function.ts';
import type { LedgerTable } from './ledger.ts';
import { WatchedQueue } from './queues.ts';
import type { Storage } from './storage.ts';

export interface EventPipelineProps {
  readonly config: WharfConfig;
  readonly alarms: Alarms;
  /** Of the account. @default AWS's */
  readonly key?: IKey;
  readonly storage: Storage;
  readonly ledger: LedgerTable;
  readonly analytics: Analytics;
  /** Where deliveries are told of that wait for their commit. */
  readonly commits: WatchedQueue;
}

export class EventPipeline extends Construct {
  readonly events: WatchedQueue;
  readonly writeEvents: WharfFunction;

  constructor(scope: Construct, id: string, props: EventPipelineProps) {
    super(scope, id);
    const { config, alarms, key, storage, ledger, analytics, commits } = props;
    const { writeEvents, maxReceives } = config;
    const timeout = Duration.seconds(writeEvents.timeout);
    this.events = new WatchedQueue(this, 'Events', { alarms, key, maxReceives, timeout });
    this.writeEvents = new WharfFunction(this, 'WriteEvents', {
      ...{ config, alarms, key, timeout },
      entry: 'lambdas/write-events/handler.ts',
      memory: writeEvents.memory,
      environment: {
        WHARF_LAKE_BUCKET: storage.lake.bucketName,
        WHARF_LEDGER_TABLE: ledger.table.tableName,
        WHARF_CATALOG: 'glue',
        WHARF_DATABASE_SUFFIX: analytics.suffix,
        WHARF_COMMIT_QUEUE_URL: commits.queue.queueUrl,
        WHARF_MAX_RECEIVES: String(maxReceives),
        WHARF_TIMEOUT: String(writeEvents.timeout),
      },
    });
    this.writeEvents.function.addEventSource(
      new SqsEventSource(this.events.queue, {
        reportBatchItemFailures: true,
        batchSize: writeEvents.batch,
        maxBatchingWindow: Duration.seconds(writeEvents.window),
        maxConcurrency: writeEvents.concurrency,
      }),
    );
    const entries = ['GetItem', 'PutItem', 'UpdateItem', 'BatchGetItem'].map((verb) => `dynamodb:${verb}`);
    this.writeEvents.allow(entries, [ledger.table.tableArn]);
    this.writeEvents.allow(['s3:GetObject'], storage.lakeObjects('metadata'), NAMED_LATER);
    this.writeEvents.allow(
      ['s3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload'],
      storage.lakeObjects('data', 'deliveries'),
      NAMED_LATER,
    );
    // Without ListBucket a missing object answers "access denied".
    this.writeEvents.allow(['s3:ListBucket'], [storage.lake.bucketArn]);
    this.writeEvents.allow(['glue:GetTable'], analytics.tables, ANY_TABLE);
    this.writeEvents.allow(['sqs:SendMessage'], [commits.queue.queueArn]);
  }
}

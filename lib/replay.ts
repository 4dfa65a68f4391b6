/** What becomes of refused rows and of events that were given up: the function behind the routes of replays, discards and the quarantine. */
import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { ANY_TABLE, NAMED_LATER } from './accepted.ts';
import { WharfFunction } from './function.ts';
import { allowFiles, lakeEnvironment, type WriterProps } from './lake-writer.ts';
import type { WatchedQueue } from './queues.ts';
import { LANDING_PREFIX } from './storage.ts';

export interface ReplayProps extends WriterProps {
  /** Queues of posted events, whose dead letters are taken. */
  readonly events: WatchedQueue;
  readonly ordered: WatchedQueue;
  /** Where deliveries are told of that wait for their commit. */
  readonly commits: WatchedQueue;
}

/** API Gateway waits for half a minute. */
const TIMEOUT = Duration.seconds(29);

export class Replay extends Construct {
  readonly replay: WharfFunction;

  constructor(scope: Construct, id: string, props: ReplayProps) {
    super(scope, id);
    const { config, alarms, key, storage, ledger, analytics, events, ordered, commits } = props;
    const { memory, storage: disk } = config.ingestFile;
    const { landing } = storage;
    this.replay = new WharfFunction(this, 'Replay', {
      ...{ config, alarms, key, memory, timeout: TIMEOUT, storage: disk, duckdb: true },
      entry: 'lambdas/replay/handler.ts',
      environment: {
        ...lakeEnvironment(props),
        WHARF_COMMIT_QUEUE_URL: commits.queue.queueUrl,
        WHARF_DEAD_EVENTS_QUEUE_URL: events.deadLetters.queueUrl,
        WHARF_DEAD_ORDERED_QUEUE_URL: ordered.deadLetters.queueUrl,
        // Of whoever else writes events, or of this function.
        WHARF_TIMEOUT: String(Math.max(config.writeEvents.timeout, TIMEOUT.toSeconds())),
        WHARF_LIMITS: JSON.stringify(config.limits),
        WHARF_ENGINE_MEMORY_MB: String(Math.floor(memory / 4)),
      },
    });
    // The list of all tables, of which a query takes those it names.
    this.replay.allow(['glue:GetTables'], analytics.tables, ANY_TABLE);
    this.replay.allow(['dynamodb:GetItem', 'dynamodb:BatchGetItem'], [ledger.table.tableArn]);
    this.replay.allow(['s3:GetObject'], storage.lakeObjects('quarantined'), NAMED_LATER);
    this.replay.allow(
      ['s3:GetObject', 's3:PutObject', 's3:AbortMultipartUpload'],
      storage.lakeObjects('replays'),
      NAMED_LATER,
    );
    // A file that was refused whole lands again in its place.
    this.replay.allow(
      ['s3:GetObject', 's3:GetObjectVersion', 's3:PutObject', 's3:AbortMultipartUpload'],
      [landing.arnForObjects(`${LANDING_PREFIX}*`)],
      NAMED_LATER,
    );
    this.replay.allow(['s3:ListBucket'], [landing.bucketArn]);
    // Dead letters: taken, held meanwhile and deleted; their events are written as `write-events` would.
    this.replay.allow(
      ['sqs:ReceiveMessage', 'sqs:ChangeMessageVisibility', 'sqs:DeleteMessage'],
      [events, ordered].map(({ deadLetters }) => deadLetters.queueArn),
    );
    ledger.allowItems(this.replay, ['PutItem', 'UpdateItem'], ['delivery', 'claim', 'discarded']);
    allowFiles(this.replay, props);
    this.replay.allow(['sqs:SendMessage'], [commits.queue.queueArn]);
  }
}

/** An event's way as infrastructure: events or ordered → write-events → commit → the lake. */
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { WharfFunction } from './function.ts';
import { allowFiles, lakeEnvironment, type WriterProps } from './lake-writer.ts';
import { WatchedQueue } from './queues.ts';

export interface EventPipelineProps extends WriterProps {
  /** Where deliveries are told of that wait for their commit. */
  readonly commits: WatchedQueue;
}

export class EventPipeline extends Construct {
  readonly events: WatchedQueue;
  /** The same for datasets whose contract says `ordered`: a message group each. ADR 15 says why so. */
  readonly ordered: WatchedQueue;
  readonly writeEvents: WharfFunction;

  constructor(scope: Construct, id: string, props: EventPipelineProps) {
    super(scope, id);
    const { config, alarms, key, ledger, commits } = props;
    const { writeEvents, maxReceives } = config;
    const timeout = Duration.seconds(writeEvents.timeout);
    const watched = { alarms, key, maxReceives, timeout };
    this.events = new WatchedQueue(this, 'Events', watched);
    this.ordered = new WatchedQueue(this, 'Ordered', { ...watched, fifo: true });
    this.writeEvents = new WharfFunction(this, 'WriteEvents', {
      ...{ config, alarms, key, timeout },
      entry: 'lambdas/write-events/handler.ts',
      memory: writeEvents.memory,
      environment: {
        ...lakeEnvironment(props),
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
    // Of a FIFO queue Lambda takes ten at most, and waits for no company.
    this.writeEvents.function.addEventSource(
      new SqsEventSource(this.ordered.queue, {
        reportBatchItemFailures: true,
        batchSize: 10,
        maxConcurrency: writeEvents.concurrency,
      }),
    );
    const entries = ['GetItem', 'PutItem', 'UpdateItem', 'BatchGetItem'].map((verb) => `dynamodb:${verb}`);
    this.writeEvents.allow(entries, [ledger.table.tableArn]);
    allowFiles(this.writeEvents, props);
    this.writeEvents.allow(['sqs:SendMessage'], [commits.queue.queueArn]);
  }
}

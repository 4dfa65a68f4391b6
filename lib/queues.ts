/** The queues between the steps, each with a dead-letter queue and alarms. */
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Queue, QueueEncryption, type QueueProps } from 'aws-cdk-lib/aws-sqs';
import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { Alarms } from './alarms.ts';

export interface WatchedQueueProps {
  readonly alarms: Alarms;
  /** Of the account. @default AWS's */
  readonly key?: IKey;
  /** Of the function that reads it; the queue hides a message six times as long. */
  readonly timeout: Duration;
  readonly maxReceives: number;
  /** First in, first out, within a message group. @default false */
  readonly fifo?: boolean;
  /** How long each message is held back. @default not at all */
  readonly delay?: Duration;
}

/** A queue that loses nothing: what cannot be handled waits fourteen days in `deadLetters`, and somebody is told. */
export class WatchedQueue extends Construct {
  readonly queue: Queue;
  readonly deadLetters: Queue;

  constructor(
    scope: Construct,
    id: string,
    { alarms, key, timeout, maxReceives, fifo = false, delay }: WatchedQueueProps,
  ) {
    super(scope, id);
    const common: QueueProps = {
      encryption: key ? QueueEncryption.KMS : QueueEncryption.SQS_MANAGED,
      encryptionMasterKey: key,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
      ...(fifo ? { fifo: true } : {}),
    };
    this.deadLetters = new Queue(this, 'DeadLetters', common);
    this.queue = new Queue(this, 'Queue', {
      ...common,
      deliveryDelay: delay,
      visibilityTimeout: Duration.seconds(timeout.toSeconds() * 6),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: maxReceives },
    });
    alarms.watch(`${id}DeadLetters`, {
      metric: this.deadLetters.metricApproximateNumberOfMessagesVisible({
        period: Duration.minutes(1),
        statistic: 'Maximum',
      }),
      above: 0,
      describe: `${id}: a message failed ${maxReceives} times. Look at the function's log and the ledger, mend the cause, redrive the queue.`,
    });
    alarms.watch(`${id}Age`, {
      metric: this.queue.metricApproximateAgeOfOldestMessage({
        period: Duration.minutes(5),
        statistic: 'Maximum',
      }),
      above: Duration.hours(1).toSeconds(),
      describe: `${id}: a message has waited for an hour. Raise the concurrency, or look for throttling.`,
    });
  }
}

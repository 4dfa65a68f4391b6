/** The wrapper of functions that read a queue: one place for logs and partial-batch failures. */
import middy from '@middy/core';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import type { Ledger } from '../platform/ledger.ts';
import { log } from '../platform/log.ts';
import { sideBySide } from '../platform/side-by-side.ts';
import { tell } from '../platform/tell.ts';

/** A message that is to come back, and why. */
export interface Failure {
  readonly record: SQSRecord;
  readonly error: unknown;
}

/** Handles messages. Those it returns are retried. */
export type Work = (records: readonly SQSRecord[]) => Promise<readonly Failure[]>;

/** Where it is kept why messages end among the dead letters, and after how many tries they do. */
export interface GivingUp {
  readonly ledger: Pick<Ledger, 'giveUp'>;
  readonly maxReceives: number;
}

/**
 * Wraps the work on a batch as a Lambda handler that reports which messages failed. Errors are logged with their
 * code, never with a row's values; that of a message's last try stays in the ledger.
 * @example export const handler = sqsHandler(eachRecord(async (record) => ingest(record)), { ledger, maxReceives: 5 })
 */
export const sqsHandler = (work: Work, { ledger, maxReceives }: GivingUp) =>
  middy<SQSEvent, SQSBatchResponse, Error, Context>(async ({ Records }: SQSEvent) => {
    const failures = await work(Records);
    for (const { record, error } of failures) {
      const { messageId, attributes } = record;
      log.error('message failed', { messageId, group: attributes.MessageGroupId, error: tell(error) });
      if (Number(attributes.ApproximateReceiveCount) < maxReceives) continue;
      // Whether or not this is written, the message must be given back.
      await ledger.giveUp(messageId, error, new Date()).catch((cause: unknown) => {
        log.error('reason not kept', { messageId, error: tell(cause) });
      });
    }
    return { batchItemFailures: failures.map(({ record }) => ({ itemIdentifier: record.messageId })) };
  });

/** How many light messages are handled side by side: they mostly wait for AWS. */
const AT_ONCE = 4;

/**
 * Runs messages each on its own: one that fails does not hold up the next. Light ones run side by side, the others
 * one after another.
 */
export function eachRecord(
  handle: (record: SQSRecord) => Promise<void>,
  isLight: (record: SQSRecord) => boolean = () => false,
): Work {
  return async (records) => {
    const failed: Failure[] = [];
    const work = async (record: SQSRecord) => {
      try {
        await handle(record);
      } catch (error) {
        failed.push({ record, error });
      }
    };
    const { light = [], heavy = [] } = Object.groupBy(records, (r) => (isLight(r) ? 'light' : 'heavy'));
    await sideBySide(light, AT_ONCE, work);
    await sideBySide(heavy, 1, work);
    return failed;
  };
}

/** Runs messages group by group: when one of a group fails, the group's messages are retried together, in order. */
export function eachGroup(handle: (group: string, records: readonly SQSRecord[]) => Promise<void>): Work {
  return async (records) => {
    const failed: Failure[] = [];
    for (const [group, members] of Map.groupBy(records, (record) => record.attributes.MessageGroupId ?? '')) {
      try {
        await handle(group, members);
      } catch (error) {
        failed.push(...members.map((record) => ({ record, error })));
      }
    }
    return failed;
  };
}

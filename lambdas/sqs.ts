/** The wrapper of functions that read a queue: one place for logs and partial-batch failures. */
import middy from '@middy/core';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { log } from '../platform/log.ts';
import { tell } from '../platform/tell.ts';

/** Handles messages of one group, in order. The ids it returns are retried. */
export type Work = (records: readonly SQSRecord[]) => Promise<readonly string[]>;

/**
 * Wraps the work on a batch as a Lambda handler that reports which messages failed. Errors are logged with their
 * code, never with a row's values.
 * @example export const handler = sqsHandler(eachRecord(async (record) => ingest(record)))
 */
export const sqsHandler = (work: Work) =>
  middy<SQSEvent, SQSBatchResponse, Error, Context>(async ({ Records }: SQSEvent) => ({
    batchItemFailures: (await work(Records)).map((itemIdentifier) => ({ itemIdentifier })),
  }));

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
    const failed: string[] = [];
    const work = async (queue: Iterable<SQSRecord>) => {
      for (const record of queue) {
        try {
          await handle(record);
        } catch (error) {
          logFailure(error, { messageId: record.messageId });
          failed.push(record.messageId);
        }
      }
    };
    const { light = [], heavy = [] } = Object.groupBy(records, (r) => (isLight(r) ? 'light' : 'heavy'));
    const shared = light.values();
    await Promise.all(Array.from({ length: AT_ONCE }, () => work(shared)));
    await work(heavy);
    return failed;
  };
}

/** Runs messages group by group: when one of a group fails, the group's messages are retried together, in order. */
export function eachGroup(handle: (group: string, records: readonly SQSRecord[]) => Promise<void>): Work {
  return async (records) => {
    const failed: string[] = [];
    for (const [group, members] of Map.groupBy(records, (record) => record.attributes.MessageGroupId ?? '')) {
      try {
        await handle(group, members);
      } catch (error) {
        logFailure(error, { group });
        failed.push(...members.map(({ messageId }) => messageId));
      }
    }
    return failed;
  };
}

/** Logs why a message comes back: with the error's code, never with a row's values. */
export function logFailure(error: unknown, about: Record<string, unknown>): void {
  log.error('message failed', { ...about, error: tell(error) });
}

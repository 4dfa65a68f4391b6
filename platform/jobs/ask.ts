/** Messages that a run is due. */
import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod/mini';
import { WharfError } from '../../core/errors.ts';
import type { Ask } from '../../core/schedule/model.ts';

const ask = z.object({
  job: z.string(),
  due: z.pipe(
    z.string(),
    z.transform((text: string) => new Date(text).toISOString()),
  ),
  as: z.optional(z.string()),
  by: z.optional(z.literal('hand')),
});

/** @throws WharfError `schedule.invalid_message` */
export function parseAsk(body: string): Ask {
  try {
    return ask.parse(JSON.parse(body));
  } catch (cause) {
    throw new WharfError('The message does not say which job is due, and when', {
      code: 'schedule.invalid_message',
      fix: 'Only schedules and `wharf jobs run` should send to this queue',
      cause,
    });
  }
}

/** Sends one. @returns the id SQS gives it */
export async function sendAsk(sqs: SQSClient, QueueUrl: string, ask: Ask, DelaySeconds = 0): Promise<string> {
  const message = new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(ask), DelaySeconds });
  return (await sqs.send(message)).MessageId!;
}

/** As a dead letter says it: sent back, it is a run of its own, for the first one is over. */
export const asAgain = (ask: Ask): Ask => ({ ...ask, as: [ask.as, 'again'].filter(Boolean).join('-') });

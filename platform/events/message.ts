/** Messages of the queue `events`, as `accept-event` sends them. */
import * as z from 'zod/mini';
import { WharfError } from '../../core/errors.ts';
import type { EventMessage } from '../../core/events/model.ts';

const count = z.int().check(z.nonnegative());

const message = z.object({
  post: z.string().check(z.minLength(1), z.maxLength(500)),
  part: count,
  dataset: z.string(),
  received_at: z.iso.datetime(),
  events: z.array(z.tuple([count, z.string()])).check(z.minLength(1)),
});

/**
 * Reads a message.
 * @throws WharfError `events.invalid_message`
 */
export function parseMessage(body: string): EventMessage {
  try {
    return message.parse(JSON.parse(body)) as EventMessage;
  } catch (cause) {
    throw new WharfError('The message holds no events of a post', {
      code: 'events.invalid_message',
      fix: 'Only accept-event should send to this queue: look at the queue policy and the message in the dead-letter queue',
      cause,
    });
  }
}

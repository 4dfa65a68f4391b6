/** Sends messages to one queue. Callers of one process share its requests: ten messages go at the price of one. */
import { WharfError } from '../../core/errors.ts';
import { type EventMessage, partId } from '../../core/events/model.ts';
import type { AwsCall } from '../aws-json.ts';

/** What SQS takes in one request: so many messages, so many bytes together. */
const MOST = { messages: 10, bytes: 256 * 1024 };
/** Requests under way at a time. */
const AT_ONCE = 4;
/** So long others wait for a request that is under way, in milliseconds; then it hangs, and they go beside it. */
const PATIENCE = 50;

/** Resolves when all messages are in the queue. */
export type SendAll = (bodies: readonly string[]) => Promise<void>;

/** The same for the parts of a post, which come out of the queue in their order, after all posts that were answered before. */
export type SendInOrder = (
  post: Pick<EventMessage, 'post' | 'dataset'>,
  bodies: readonly string[],
) => Promise<void>;

/** A message as SQS takes it. */
interface Message {
  readonly MessageBody: string;
  readonly MessageGroupId?: string;
  readonly MessageDeduplicationId?: string;
}

interface Waiting {
  readonly message: Message;
  readonly bytes: number;
  readonly sent: () => void;
  readonly failed: (error: unknown) => void;
}

const refused = (code: string): WharfError =>
  new WharfError(`The queue did not take a message: ${code}`, { code: 'queue.refused', route: 'transient' });

function pooled(call: AwsCall, queueUrl: string): (messages: readonly Message[]) => Promise<void> {
  const waiting: Waiting[] = [];
  let underWay = 0;
  let began = 0;
  let patient = false;

  /** How many of those that wait one request takes, and whether it takes no more. */
  function fitting(): { readonly most: number; readonly full: boolean } {
    let bytes = 0;
    const end = waiting.findIndex((one, i) => {
      bytes += one.bytes;
      return i === MOST.messages || (i > 0 && bytes > MOST.bytes);
    });
    const most = end < 0 ? waiting.length : end;
    return { most, full: end >= 0 || most === MOST.messages };
  }

  async function send(batch: readonly Waiting[]): Promise<void> {
    const Entries = batch.map(({ message }, i) => ({ Id: String(i), ...message }));
    try {
      const { Failed = [] } = await call('SendMessageBatch', { QueueUrl: queueUrl, Entries });
      const codes = new Map((Failed as { Id: string; Code: string }[]).map(({ Id, Code }) => [Id, Code]));
      for (const [i, { sent, failed }] of batch.entries()) {
        const code = codes.get(String(i));
        if (code === undefined) sent();
        else failed(refused(code));
      }
    } catch (error) {
      for (const { failed } of batch) failed(error);
    }
  }

  /** While a request is under way, only a full one goes beside it: the others wait for more to come, and go together. */
  function pump(): void {
    while (waiting.length > 0 && underWay < AT_ONCE) {
      const { most, full } = fitting();
      if (underWay > 0 && !full && performance.now() - began < PATIENCE) {
        if (!patient) setTimeout(goOn, PATIENCE).unref();
        patient = true;
        return;
      }
      began = performance.now();
      underWay += 1;
      void send(waiting.splice(0, most)).then(() => {
        underWay -= 1;
        pump();
      });
    }
  }

  function goOn(): void {
    patient = false;
    pump();
  }

  return async (messages) => {
    const all = messages.map(
      (message) =>
        new Promise<void>((sent, failed) => {
          waiting.push({ message, bytes: Buffer.byteLength(message.MessageBody), sent, failed });
        }),
    );
    pump();
    await Promise.all(all);
  };
}

/** Rejects with WharfError `queue.refused` or what `call` throws; sending all of them again is safe, see ADR 7. */
export function sender(call: AwsCall, queueUrl: string): SendAll {
  const send = pooled(call, queueUrl);
  return (bodies) => send(bodies.map((MessageBody) => ({ MessageBody })));
}

/**
 * Sends to a FIFO queue, each dataset's posts as a group of their own. A part waits for the one before it, also where that
 * is refused: then it is not sent, and comes in its place when the post is sent again. See ADR 15.
 */
export function orderedSender(call: AwsCall, queueUrl: string): SendInOrder {
  const send = pooled(call, queueUrl);
  return async ({ post, dataset }, bodies) => {
    for (const [part, MessageBody] of bodies.entries())
      await send([{ MessageBody, MessageGroupId: dataset, MessageDeduplicationId: partId({ post, part }) }]);
  };
}

/** Sends messages to one queue, all or none as far as the caller can tell. */
import { WharfError } from '../../core/errors.ts';
import type { AwsCall } from '../aws-json.ts';

/** What SQS takes in one request: so many messages, so many bytes together. */
const MOST = { messages: 10, bytes: 256 * 1024 };
/** Requests under way at a time. */
const AT_ONCE = 4;

export type SendAll = (bodies: readonly string[]) => Promise<void>;

function batches(bodies: readonly string[]): string[][] {
  const made: string[][] = [];
  let size = Number.POSITIVE_INFINITY;
  for (const body of bodies) {
    const bytes = Buffer.byteLength(body);
    if (size + bytes > MOST.bytes || made.at(-1)!.length === MOST.messages) {
      made.push([]);
      size = 0;
    }
    made.at(-1)!.push(body);
    size += bytes;
  }
  return made;
}

/** @throws WharfError `queue.refused` when a message did not get in; sending all of them again is safe, see ADR 7 */
export function sender(call: AwsCall, queueUrl: string): SendAll {
  const send = async (work: Iterable<string[]>): Promise<void> => {
    for (const bodies of work) {
      const { Failed = [] } = await call('SendMessageBatch', {
        QueueUrl: queueUrl,
        Entries: bodies.map((MessageBody, i) => ({ Id: String(i), MessageBody })),
      });
      const [failed] = Failed as { Code: string }[];
      if (failed)
        throw new WharfError(`The queue did not take a message: ${failed.Code}`, {
          code: 'queue.refused',
          route: 'transient',
        });
    }
  };
  return async (bodies) => {
    const work = batches(bodies).values();
    await Promise.all(Array.from({ length: AT_ONCE }, () => send(work)));
  };
}

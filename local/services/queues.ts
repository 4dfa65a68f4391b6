import { randomUUID } from 'node:crypto';
import { type ReceivedMessage, type SqsMessage, type SqsQueue, SqsStore } from './fauxqs.ts';

type DeadLetters = (arn: string) => SqsQueue | undefined;

/**
 * Every receipt of ten looks through all that is in flight for what is due. The more there is, the longer a look is
 * good for: 20 ms for ten thousand messages.
 */
const GOOD_FOR_MS = 0.002;

/** Queues whose FIFO ones fill a batch from one message group, as SQS does: fauxqs would give one message of each. */
export class Queues extends SqsStore {
  override createQueue(...definition: Parameters<SqsStore['createQueue']>): SqsQueue {
    const queue = super.createQueue(...definition);
    const look = queue.processTimers.bind(queue);
    let next = 0;
    queue.processTimers = () => {
      const now = performance.now();
      if (now < next) return;
      look();
      next = now + queue.inflightMessages.size * GOOD_FOR_MS;
    };
    if (queue.isFifo()) {
      // SQS's numbers grow, whatever becomes of a process.
      queue.sequenceCounter = Date.now() * 1000;
      queue.dequeue = (most, visibility, deadLetters) =>
        takeFromOneGroup(queue, most, visibility, deadLetters);
    }
    return queue;
  }
}

function takeFromOneGroup(
  queue: SqsQueue,
  most: number,
  visibility = Number(queue.attributes.VisibilityTimeout),
  deadLetters: DeadLetters = () => undefined,
): ReceivedMessage[] {
  queue.processTimers();
  const redrive = JSON.parse(queue.attributes.RedrivePolicy || '{}') as RedrivePolicy;
  const isSpent = ({ approximateReceiveCount }: SqsMessage) =>
    approximateReceiveCount > Number(redrive.maxReceiveCount ?? Number.POSITIVE_INFINITY);
  const received: ReceivedMessage[] = [];
  for (const [group, waiting] of [...queue.fifoMessages]) {
    if (queue.fifoLockedGroups.has(group)) continue;
    // fauxqs puts what comes back before the others one by one, the last of them first.
    waiting.sort(bySequence);
    while (waiting.length > 0 && received.length < Math.min(most, 10)) {
      const message = waiting.shift()!;
      message.approximateReceiveCount += 1;
      message.approximateFirstReceiveTimestamp ??= Date.now();
      const dlq = isSpent(message) && deadLetters(redrive.deadLetterTargetArn!);
      if (dlq) dlq.enqueue(message);
      else received.push(hide(queue, message, visibility));
    }
    // To the end of the line: a busy group does not starve the others.
    queue.fifoMessages.delete(group);
    if (waiting.length > 0) queue.fifoMessages.set(group, waiting);
    if (received.length > 0) {
      queue.fifoLockedGroups.set(group, received.length);
      break;
    }
  }
  return received;
}

const bySequence = (a: SqsMessage, b: SqsMessage): number =>
  Number(a.sequenceNumber) - Number(b.sequenceNumber);

interface RedrivePolicy {
  readonly deadLetterTargetArn?: string;
  readonly maxReceiveCount?: number | string;
}

function hide(queue: SqsQueue, message: SqsMessage, visibility: number): ReceivedMessage {
  const receiptHandle = randomUUID();
  queue.inflightMessages.set(receiptHandle, {
    message,
    receiptHandle,
    visibilityDeadline: Date.now() + visibility * 1000,
  });
  return {
    MessageId: message.messageId,
    ReceiptHandle: receiptHandle,
    Body: message.body,
    MD5OfBody: message.md5OfBody,
    ...(message.md5OfMessageAttributes && { MD5OfMessageAttributes: message.md5OfMessageAttributes }),
    ...(Object.keys(message.messageAttributes).length > 0 && {
      MessageAttributes: message.messageAttributes,
    }),
  };
}

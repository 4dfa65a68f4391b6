/** Messages that were given up: what they are, why, and what somebody decides to do with them. */
import { createHash, randomUUID } from 'node:crypto';
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  type Message,
  type QueueAttributeName,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { Ledger } from './ledger.ts';
import type { GivenUp } from './ledger-items.ts';

/** A place of dead letters. */
export interface LetterQueue {
  readonly name: string;
  readonly url: string;
}

/** A queue of dead letters, and the one they come from. */
export interface DeadLetterQueue extends LetterQueue {
  /** The queue they come from, and go back to. */
  readonly source: string;
  readonly sourceUrl: string;
  readonly messages: number;
}

export interface DeadLetter<Q extends LetterQueue = DeadLetterQueue> {
  readonly id: string;
  readonly queue: Q;
  readonly body: string;
  readonly sent_at: string;
  /** Why it was given up; absent: the function never came to say so, for it ran out of time or memory. */
  readonly why?: GivenUp;
  readonly group?: string;
  readonly handle: string;
}

interface Deps {
  readonly sqs: SQSClient;
  readonly ledger: Ledger;
}

/** So long a letter is out of others' sight while somebody decides about it, in seconds. */
const HELD = 60;

/** All queues of dead letters, by name. */
export async function deadLetterQueues({ sqs }: Pick<Deps, 'sqs'>): Promise<DeadLetterQueue[]> {
  const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand({ MaxResults: 1000 }));
  const found = await Promise.all(QueueUrls.map((url) => deadLettersOf(url, sqs)));
  return found.filter((queue) => queue !== undefined).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** A queue's name, which its address ends with. */
export const nameOf = (url: string): string => url.slice(url.lastIndexOf('/') + 1);

async function deadLettersOf(sourceUrl: string, sqs: SQSClient): Promise<DeadLetterQueue | undefined> {
  const { RedrivePolicy } = await attributes(sqs, sourceUrl, 'RedrivePolicy');
  if (!RedrivePolicy) return undefined;
  const { deadLetterTargetArn } = JSON.parse(RedrivePolicy) as { deadLetterTargetArn: string };
  const name = deadLetterTargetArn.split(':').at(-1)!;
  const url = (await sqs.send(new GetQueueUrlCommand({ QueueName: name }))).QueueUrl!;
  const { ApproximateNumberOfMessages } = await attributes(sqs, url, 'ApproximateNumberOfMessages');
  return { name, url, source: nameOf(sourceUrl), sourceUrl, messages: Number(ApproximateNumberOfMessages) };
}

const attributes = async (sqs: SQSClient, QueueUrl: string, ...AttributeNames: QueueAttributeName[]) =>
  (await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames }))).Attributes ?? {};

/**
 * Looks through dead letters. While `work` goes on they are held, so that nobody else decides about them; those that
 * are still there afterwards are let go. Of a FIFO queue, SQS hands out ten of a group at a time.
 * @param most how many of each queue are looked at. @default all
 */
export async function withDeadLetters<T, Q extends LetterQueue = DeadLetterQueue>(
  queues: readonly Q[],
  { sqs, ledger }: Deps,
  work: (letters: readonly DeadLetter<Q>[]) => Promise<T>,
  most = Number.POSITIVE_INFINITY,
): Promise<T> {
  const letters: DeadLetter<Q>[] = [];
  try {
    for (const queue of queues) {
      for (let looked = 0; looked < most; looked += 10) {
        const { Messages = [] } = await sqs.send(
          new ReceiveMessageCommand({
            ...{ QueueUrl: queue.url, MaxNumberOfMessages: 10, VisibilityTimeout: HELD },
            MessageSystemAttributeNames: ['SentTimestamp', 'MessageGroupId'],
          }),
        );
        if (Messages.length === 0) break;
        const reasons = await ledger.givenUp(Messages.map(({ MessageId }) => MessageId!));
        letters.push(...Messages.map((message) => letterOf(queue, message, reasons)));
      }
    }
    return await work(letters);
  } finally {
    await Promise.all(letters.map((letter) => letGo(letter, sqs)));
  }
}

function letterOf<Q extends LetterQueue>(
  queue: Q,
  { MessageId = '', Body = '', Attributes = {}, ReceiptHandle = '' }: Message,
  reasons: ReadonlyMap<string, GivenUp>,
): DeadLetter<Q> {
  return {
    ...{ id: MessageId, queue, body: Body, why: reasons.get(MessageId), handle: ReceiptHandle },
    sent_at: new Date(Number(Attributes.SentTimestamp)).toISOString(),
    group: Attributes.MessageGroupId,
  };
}

/** Makes a letter visible again; one that is gone meanwhile has nothing to be made of. */
const letGo = ({ queue, handle }: DeadLetter<LetterQueue>, sqs: SQSClient): Promise<unknown> =>
  sqs
    .send(
      new ChangeMessageVisibilityCommand({
        QueueUrl: queue.url,
        ReceiptHandle: handle,
        VisibilityTimeout: 0,
      }),
    )
    .catch(() => {});

/** Sends a letter back to where it comes from. Stopped half-way it is in both places, which its function can take. */
export async function redrive({ queue, body, group, handle }: DeadLetter, { sqs }: Deps): Promise<void> {
  const fifo = group === undefined ? {} : { MessageGroupId: group, MessageDeduplicationId: randomUUID() };
  await sqs.send(new SendMessageCommand({ QueueUrl: queue.sourceUrl, MessageBody: body, ...fifo }));
  await sqs.send(new DeleteMessageCommand({ QueueUrl: queue.url, ReceiptHandle: handle }));
}

/** Deletes a letter for good. Who asks why one day finds it in the ledger, with a hash of what it said. */
export async function discard(
  letter: DeadLetter<LetterQueue>,
  reason: string,
  { sqs, ledger }: Deps,
): Promise<void> {
  const { id, queue, body, sent_at, why, handle } = letter;
  const sha256 = createHash('sha256').update(body).digest('hex');
  const discarded_at = new Date().toISOString();
  await ledger.discarded({ message: id, queue: queue.name, reason, sent_at, discarded_at, sha256, why });
  await sqs.send(new DeleteMessageCommand({ QueueUrl: queue.url, ReceiptHandle: handle }));
}

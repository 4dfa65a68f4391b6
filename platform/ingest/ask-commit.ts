/** Tells the committer of deliveries, many in one request. */
import { randomUUID } from 'node:crypto';
import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { WharfError } from '../../core/errors.ts';

/** Asks the committer to commit a delivery. Asking twice is harmless. */
export type AskCommit = (delivery: string, dataset: string) => Promise<void>;

interface Ask {
  readonly delivery: string;
  readonly dataset: string;
  readonly sent: PromiseWithResolvers<void>;
}

/** What SQS takes in one request, and how long the first of them waits for company. */
const MOST = 10;
const WAIT_MS = 10;

/**
 * Builds a function that asks for the commit of a delivery and returns when the queue has the message.
 * @throws WharfError `commit.not_asked` (transient) when the queue refuses one message of several
 */
export function commitAsker(sqs: SQSClient, QueueUrl: string): AskCommit {
  let waiting: Ask[] = [];
  let timer: NodeJS.Timeout | undefined;

  const send = async (): Promise<void> => {
    const asks = waiting;
    waiting = [];
    clearTimeout(timer);
    timer = undefined;
    const Entries = asks.map(({ delivery, dataset }, i) => ({
      Id: String(i),
      MessageBody: JSON.stringify({ delivery, dataset }),
      MessageGroupId: dataset,
      // Never the delivery's id: a second request within five minutes must get through, the committer is idempotent.
      MessageDeduplicationId: randomUUID(),
    }));
    try {
      const { Failed = [] } = await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
      for (const { Id, Code } of Failed) asks[Number(Id)]!.sent.reject(notAsked(String(Code)));
      for (const { sent } of asks) sent.resolve();
    } catch (error) {
      for (const { sent } of asks) sent.reject(error);
    }
  };

  return (delivery, dataset) => {
    const sent = Promise.withResolvers<void>();
    waiting.push({ delivery, dataset, sent });
    if (waiting.length === MOST) void send();
    else timer ??= setTimeout(send, WAIT_MS);
    return sent.promise;
  };
}

const notAsked = (code: string): WharfError =>
  new WharfError(`The commit queue refused a message: ${code}`, {
    code: 'commit.not_asked',
    route: 'transient',
    fix: 'It is tried again by itself; if it stays, look at the quotas and the key of the queue',
  });

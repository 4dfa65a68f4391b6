/** The messages of queues that several datasets share, taken out and sorted by dataset. */
import {
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { parseNotices } from '../../../platform/ingest/notice.ts';

/** Messages of one dataset that a queue has for a function, none of them left behind. */
export type Mail = (queue: string, dataset: string) => Promise<Message[]>;

export function openMail(sqs: SQSClient): Mail {
  const sorted = new Map<string, Message[]>();
  let last: Promise<unknown> = Promise.resolve();
  const collect = async (queue: string): Promise<void> => {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: queue,
        MaxNumberOfMessages: 10,
        MessageSystemAttributeNames: ['SequenceNumber'],
      }),
    );
    if (Messages.length === 0) return;
    for (const message of Messages) {
      const box = `${queue} ${datasetOf(message)}`;
      sorted.set(box, [...(sorted.get(box) ?? []), message]);
    }
    const Entries = Messages.map(({ ReceiptHandle }, i) => ({ Id: String(i), ReceiptHandle }));
    await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: queue, Entries }));
    await collect(queue);
  };
  return async (queue, dataset) => {
    // One at a time: what another collects for this dataset is there when it is this one's turn.
    last = last.then(() => collect(queue));
    await last;
    const box = `${queue} ${dataset}`;
    const mine = sorted.get(box) ?? [];
    sorted.delete(box);
    return mine;
  };
}

/** The dataset a message is about, whichever function it is for. */
export function datasetOf({ Body = '' }: Message): string {
  const { dataset } = JSON.parse(Body) as { dataset?: string };
  return dataset ?? parseNotices(Body)[0]!.key.split('/').slice(1, 3).join('.');
}

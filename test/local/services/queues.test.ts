/** FIFO queues of the local cloud, where fauxqs would do otherwise than SQS. */
import {
  ChangeMessageVisibilityCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import { expect, it } from '@jest/globals';
import { type Bench, startBench, temporaryState } from '../fixtures/bench.ts';

/** Nobody reads it. */
const QUEUE = 'CommitDlq.fifo';

async function send({ sqs, queueUrl }: Bench, body: string): Promise<bigint> {
  const message = { MessageBody: body, MessageGroupId: 'a', MessageDeduplicationId: body };
  const { SequenceNumber } = await sqs.send(
    new SendMessageCommand({ QueueUrl: queueUrl(QUEUE), ...message }),
  );
  return BigInt(SequenceNumber!);
}

async function receive({ sqs, queueUrl }: Bench) {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl: queueUrl(QUEUE), MaxNumberOfMessages: 10 }),
  );
  return Messages;
}

it('number messages on after a restart, so that later ones have larger numbers', async () => {
  await using state = await temporaryState();
  const numbers: bigint[] = [];
  for (const process of ['first', 'second']) {
    await using bench = await startBench({ state: state.folder });
    for (const body of ['x', 'y']) numbers.push(await send(bench, `${process} ${body}`));
  }
  expect(numbers).toEqual(numbers.toSorted((a, b) => Number(a - b)));
  expect(new Set(numbers).size).toBe(4);
});

it('hand out what was let go in the order it was sent, whatever the order of letting go', async () => {
  await using state = await temporaryState();
  await using bench = await startBench({ state: state.folder });
  for (const body of ['1', '2', '3']) await send(bench, body);
  for (const { ReceiptHandle } of await receive(bench))
    await bench.sqs.send(
      new ChangeMessageVisibilityCommand({
        ...{ QueueUrl: bench.queueUrl(QUEUE), ReceiptHandle },
        VisibilityTimeout: 0,
      }),
    );
  expect((await receive(bench)).map(({ Body }) => Body)).toEqual(['1', '2', '3']);
});

import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SqsStore } from '../../../local/services/fauxqs.ts';
import { QueueJournal } from '../../../local/services/journal.ts';
import { Queues } from '../../../local/services/queues.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wharf-journal-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A process: its queues, one with dead letters, and the journal they are kept in. */
function start(fifo = false) {
  const journal = new QueueJournal(folder);
  const queues = new Queues();
  const create = (name: string, attributes: Record<string, string> = {}) => {
    const kind: Record<string, string> = fifo ? { FifoQueue: 'true' } : {};
    const queue = queues.createQueue(name, `http://queues/${name}`, `arn:${name}`, {
      ...kind,
      ...attributes,
    });
    journal.attach(queue);
    return queue;
  };
  const dead = create('dead');
  const policy = JSON.stringify({ deadLetterTargetArn: 'arn:dead', maxReceiveCount: 1 });
  const queue = create('queue', { RedrivePolicy: policy });
  const send = (body: string) =>
    queue.enqueue(SqsStore.createMessage(body, {}, 0, fifo ? 'group' : undefined, fifo ? body : undefined));
  const receive = () => queue.dequeue(10, 0, () => dead);
  const bodies = (of = queue) => of.inspectMessages().ready.map(({ body }) => body);
  return { journal, queue, dead, send, receive, bodies };
}
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe.each([
  ['a queue', false],
  ['a FIFO queue', true],
])('%s on one machine', (_, fifo) => {
  it('has the messages it had, in their order, when its process was killed; those that were done are gone', async () => {
    const first = start(fifo);
    for (const body of ['a', 'b', 'c']) first.send(body);
    await turn();
    first.queue.deleteMessage(first.queue.dequeue(1, 60, () => undefined)[0]!.ReceiptHandle);
    first.queue.dequeue(1, 60, () => undefined);
    await turn();
    expect(start(fifo).bodies()).toEqual(['b', 'c']);
  });

  it('keeps a message among the dead letters where it was put there', async () => {
    const first = start(fifo);
    first.send('a');
    first.receive();
    first.queue.processTimers();
    first.receive();
    expect(first.bodies(first.dead)).toEqual(['a']);
    await turn();
    const second = start(fifo);
    expect([second.bodies(), second.bodies(second.dead)]).toEqual([[], ['a']]);
  });
});

it('forgets a message whose line was never finished: its sender had no answer', async () => {
  const first = start();
  first.send('a');
  await turn();
  await appendFile(join(folder, 'messages.jsonl'), '{"queue":"queue","message":{"bo');
  const second = start();
  second.send('b');
  await turn();
  expect(start().bodies()).toEqual(['a', 'b']);
});

it('does not grow with what has gone through it', async () => {
  const first = start();
  const large = 'x'.repeat(200_000);
  for (let i = 0; i < 400; i++) {
    first.send(large);
    await turn();
    first.queue.deleteMessage(first.queue.dequeue(1, 60, () => undefined)[0]!.ReceiptHandle);
    await turn();
  }
  first.send('last');
  await turn();
  expect((await readFile(join(folder, 'messages.jsonl'))).length).toBeLessThan(40 << 20);
  expect(start().bodies()).toEqual(['last']);
});

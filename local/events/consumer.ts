import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import type { SQSRecord } from 'aws-lambda';
import { tell } from '../../platform/tell.ts';
import type { Logger, QueueHandler } from '../model.ts';
import type { SqsMessage, SqsQueue } from '../services/fauxqs.ts';
import type { EventSource, LambdaFunction } from '../topology/model.ts';
import { toContext, toRecord } from './invoke.ts';

/** Two cores' worth on a laptop; a FIFO queue's groups mostly wait for S3. */
const atOnce = { standard: 2, fifo: 4 };

/** No message comes back while its handler runs: the longest SQS allows, and this process outlives no handler. */
const visibility = 43_200;

/** So many messages are taken, or deleted, before somebody else has a turn. */
const slice = 200;

/** After so long without a message a FIFO batch goes as it is, when nobody is at work who could send one. */
const quietMs = 50;

const firstRetryMs = 20;
const longestRetryMs = 1_000;

/** A message that is to come later, on purpose, is nothing under way. */
const counted = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;

export interface ConsumerOptions {
  readonly queue: SqsQueue;
  readonly source: EventSource;
  readonly handler: QueueHandler;
  readonly deadLetters: (arn: string) => SqsQueue | undefined;
  /** At most this long, a FIFO batch that is not full waits for more. */
  readonly fifoWindowMs: number;
  /** At most this long, a batch of another queue does. */
  readonly windowMs: number;
  /** Whether something is under way that may send more messages. */
  readonly moreToCome: () => boolean;
  readonly log: Logger;
}

const ageOf = ({ sentTimestamp }: SqsMessage): number => Date.now() - sentTimestamp;

/** Feeds a function from a queue as Lambda's event source mapping does. */
export class Consumer {
  readonly #options: ConsumerOptions;
  readonly #running = new Set<Promise<void>>();
  readonly #stopping = new AbortController();
  readonly #done: Promise<void>;

  constructor(options: ConsumerOptions) {
    this.#options = options;
    this.#done = this.#pump();
  }

  get feeds(): LambdaFunction {
    return this.#options.source.target;
  }

  /** A message is queued or with its handler. */
  get busy(): boolean {
    const { queue } = this.#options;
    return this.#running.size > 0 || counted.some((attribute) => queue.getAttribute(attribute) !== '0');
  }

  /** Resolves when the handlers that run have ended. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#options.queue.cancelWaiters();
    await this.#done;
    await Promise.all(this.#running);
  }

  async #pump(): Promise<void> {
    const { queue, source } = this.#options;
    // Messages may wait already: whoever makes this one has to know its others before it is asked about them.
    await Promise.resolve();
    const most = Math.min(source.maxConcurrency, queue.isFifo() ? atOnce.fifo : atOnce.standard);
    while (!this.#stopping.signal.aborted) {
      if (this.#running.size >= most) {
        await Promise.race(this.#running);
        continue;
      }
      const batch = await this.#take();
      if (batch.length === 0) {
        await queue.waitForMessages(20);
        continue;
      }
      const run = this.#run(batch).finally(() => this.#running.delete(run));
      this.#running.add(run);
    }
  }

  /** A slice at a time: ten thousand in one go would hold up whoever posts the next. */
  async #take(): Promise<SQSRecord[]> {
    const { queue, source, deadLetters } = this.#options;
    const batch: SQSRecord[] = [];
    if (!this.#ripe()) return batch;
    while (batch.length < source.batchSize) {
      if (batch.length % slice === 0 && batch.length > 0) await turn();
      const received = queue.dequeue(source.batchSize - batch.length, visibility, deadLetters);
      for (const { ReceiptHandle } of received) {
        batch.push(toRecord(queue, ReceiptHandle, queue.inflightMessages.get(ReceiptHandle)!.message));
      }
      if (received.length === 0 || queue.isFifo()) break;
    }
    return batch;
  }

  /** There is a full batch to take, or one that has waited long enough; in a FIFO queue its group is put first. */
  #ripe(): boolean {
    const { queue, source, fifoWindowMs, windowMs, moreToCome } = this.#options;
    const isRipe = (waiting: readonly SqsMessage[], ms: number) =>
      waiting.length >= source.batchSize || (waiting[0] && ageOf(waiting[0]) >= ms);
    if (!queue.isFifo()) return isRipe(queue.messages, Math.min(source.windowMs, windowMs)) === true;
    const isComplete = (waiting: readonly SqsMessage[]) =>
      isRipe(waiting, fifoWindowMs) || (ageOf(waiting.at(-1)!) >= quietMs && !moreToCome());
    const ripe = [...queue.fifoMessages].find(
      ([group, waiting]) => !queue.fifoLockedGroups.has(group) && isComplete(waiting),
    );
    if (ripe) queue.fifoMessages = new Map([ripe, ...queue.fifoMessages]);
    return ripe !== undefined;
  }

  async #run(batch: readonly SQSRecord[]): Promise<void> {
    const { queue } = this.#options;
    const failed = await this.#invoke(batch);
    for (const [i, { messageId, receiptHandle }] of batch.entries()) {
      if (i % slice === 0 && i > 0) await turn();
      if (!failed.has(messageId)) queue.deleteMessage(receiptHandle);
    }
    if (failed.size > 0) void this.#retry(batch.filter(({ messageId }) => failed.has(messageId)));
  }

  /** The ids of the messages that are to come back. */
  async #invoke(batch: readonly SQSRecord[]): Promise<ReadonlySet<string>> {
    const { source, handler, log } = this.#options;
    const all = new Set(batch.map(({ messageId }) => messageId));
    try {
      const response = await handler({ Records: [...batch] }, toContext(source.target));
      if (!source.reportsFailures) return new Set();
      const { batchItemFailures = [] } = response ?? {};
      const failed = batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
      // A failure of a message that is not in the batch makes Lambda take the whole batch for failed.
      return failed.every((id) => all.has(id)) ? new Set(failed) : all;
    } catch (error) {
      log.error('handler failed', { entry: source.target.entry, messages: batch.length, error: tell(error) });
      return all;
    }
  }

  /** Later each time; last message first, because a FIFO queue puts what comes back in front. */
  async #retry(failed: readonly SQSRecord[]): Promise<void> {
    const { queue } = this.#options;
    const received = Math.max(...failed.map(({ attributes }) => Number(attributes.ApproximateReceiveCount)));
    const delay = Math.min(firstRetryMs * 2 ** (received - 1), longestRetryMs);
    await sleep(delay, undefined, { signal: this.#stopping.signal }).catch(() => {});
    for (const { receiptHandle } of failed.toReversed()) queue.changeVisibility(receiptHandle, 0);
  }
}

/** A process of the pipeline's functions that a test can stop at any of its writes. */
import type { Message } from '@aws-sdk/client-sqs';
import type { Context, SQSRecord } from 'aws-lambda';
import type { Contract } from '../../../core/contract/model.ts';
import { createHandler as createCommit } from '../../../lambdas/commit/handler.ts';
import { createHandler as createIngest } from '../../../lambdas/ingest-file/handler.ts';
import { createHandler as createWriteEvents } from '../../../lambdas/write-events/handler.ts';
import { awsClients, type Clients, type Env } from '../../../platform/aws.ts';
import type { Engine } from '../../../platform/engine/duckdb.ts';
import { disturbed } from '../../support/requests.ts';
import { datasetOf } from './mail.ts';

export type FunctionName = 'ingest' | 'events' | 'commit';
export type Batch = readonly Message[];

export interface WorkerOptions {
  readonly env: Env;
  readonly find: (dataset: string) => Contract | undefined;
  readonly engine: () => Promise<Engine>;
  /** Makes a write, or does something else. */
  readonly write?: (send: () => Promise<unknown>, name: string) => Promise<unknown>;
}

export class Worker {
  #gone = false;
  readonly #clients: Clients;
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #functions: Record<FunctionName, ReturnType<typeof createIngest>>;

  constructor({ env, find, engine, write = (send) => send() }: WorkerOptions) {
    this.#clients = disturbed(awsClients(env), (send, { name, writes }) => {
      if (this.#gone) throw new Error('this worker is gone');
      const sent = () => this.#note(send());
      return writes ? write(sent, name) : sent();
    });
    const parts = { find, engine, clients: this.#clients };
    // It takes all that began before it for dead: one that is not must do no harm.
    const since = { WHARF_TIMEOUT: '60', WHARF_WORKERS_SINCE: new Date().toISOString() };
    this.#functions = {
      ingest: createIngest(env, parts),
      events: createWriteEvents({ ...env, ...since }, parts),
      commit: createCommit(env, parts),
    };
  }

  /** Runs one invocation. @returns the messages that come again */
  async handle(name: FunctionName, batch: Batch, tries: number): Promise<Batch> {
    const Records = batch.map((message) => toRecord(message, tries));
    const { batchItemFailures } = await this.#functions[name]({ Records }, {} as Context);
    // What a dead worker had sent arrives before the next one starts; later it would be a rival, a fault of its own.
    if (this.#gone) await this.#settled();
    const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
    return batch.filter(({ MessageId }) => this.#gone || failed.has(MessageId!));
  }

  /** No request goes out any more, and nobody hears what became of the messages. */
  die(): never {
    this.#gone = true;
    throw new Error('crashed here');
  }

  get gone(): boolean {
    return this.#gone;
  }

  /** Resolves when none of its requests is under way. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#settled();
    for (const client of Object.values(this.#clients)) client.destroy();
  }

  async #settled(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay);
  }

  #note(request: Promise<unknown>): Promise<unknown> {
    this.#underWay.add(request);
    return request.finally(() => this.#underWay.delete(request));
  }
}

const toRecord = (message: Message, tries: number) =>
  ({
    ...{ messageId: message.MessageId, body: message.Body },
    attributes: {
      ApproximateReceiveCount: String(tries),
      MessageGroupId: datasetOf(message),
      SequenceNumber: message.Attributes?.SequenceNumber,
    },
  }) as SQSRecord;

/** A dataset of its own, and the messages about it, which the test carries from queue to worker. */
import { randomUUID } from 'node:crypto';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import type { Contract } from '../../../core/contract/model.ts';
import type { Delivery } from '../../../core/delivery/model.ts';
import type { EventMessage } from '../../../core/events/model.ts';
import type { Catalog } from '../../../core/lake/model.ts';
import { readFix, type WrittenFix } from '../../../core/replay/fix.ts';
import type { Asked } from '../../../core/revision/model.ts';
import { users } from '../../../datasets/recomart/users.ts';
import type { Engine } from '../../../platform/engine/duckdb.ts';
import { quarantineTable } from '../../../platform/ingest/schemas.ts';
import { defaultLimits } from '../../../platform/limits.ts';
import { Lake } from '../../../platform/query.ts';
import { replay } from '../../../platform/replay/replay.ts';
import { message } from '../posted.ts';
import type { TestCloud } from '../support.ts';
import type { Mail } from './mail.ts';
import { type Batch, type FunctionName, Worker, type WorkerOptions } from './worker.ts';

/** What a fault may do with the write it strikes. */
export interface Moment {
  /** Makes the write. */
  send(): Promise<unknown>;
  /** Ends the worker that makes it. */
  die(): never;
  /** Another worker gets the same messages and does all there is to do. */
  others(): Promise<void>;
}

export type Fault = (moment: Moment) => Promise<unknown>;

/** Makes batches of messages that wait. */
export type Arrange = (waiting: Batch) => readonly Batch[];

export interface Write {
  /** The function that makes it. */
  readonly by: FunctionName;
  /** What it asks for, e.g. `PutItem`. */
  readonly name: string;
  /** Whether it does what an undo or a rollback asks for. */
  readonly revises: boolean;
}

export interface PipelineOptions {
  readonly cloud: TestCloud;
  readonly mail: Mail;
  readonly engine: Engine;
  readonly fault?: Fault;
  /** Whether `fault` strikes a write, by its number from 0 on. */
  readonly strikes?: (write: number) => boolean;
}

/** A message that needs more tries than this never gets through. */
const TRIES = 3;

/** The events of each part of a post. */
type Posted = Readonly<Record<number, readonly object[]>>;

let datasets = 0;

export class Pipeline {
  readonly contract: Contract;
  /** Whether the order of its rows is that of posting. */
  inOrder = false;
  /** The writes of the workers that get the messages first, in their order. */
  readonly writes: Write[] = [];
  readonly #options: PipelineOptions;
  readonly #workers: Worker[] = [];
  #first: Worker | undefined;
  #inHand: readonly [FunctionName, Batch] = ['ingest', []];

  constructor(options: PipelineOptions) {
    const dataset = `users_${datasets++}`;
    this.contract = { ...users, name: `crash.${dataset}`, domain: 'crash', dataset };
    this.#options = options;
  }

  put(name: string, body: string): Promise<void> {
    return this.#options.cloud.put(`landing/crash/${this.contract.dataset}/${name}`, body);
  }

  /** Posts events: for each part of a post its number, and the events. */
  post(parts: Posted): Promise<void> {
    return this.#options.cloud.post(this.#messages(parts));
  }

  /** The same to a dataset whose order matters. */
  async postInOrder(parts: Posted): Promise<void> {
    const { sqs, orderedQueue } = this.#options.cloud;
    this.inOrder = true;
    for (const one of this.#messages(parts))
      await sqs.send(
        new SendMessageCommand({
          ...{ QueueUrl: orderedQueue, MessageBody: JSON.stringify(one) },
          ...{ MessageGroupId: one.dataset, MessageDeduplicationId: randomUUID() },
        }),
      );
  }

  #messages(parts: Posted): EventMessage[] {
    const { name } = this.contract;
    return Object.entries(parts).map(([part, events]) => message(`${name}-post`, Number(part), name, events));
  }

  /** Asks for a replay of the refused rows that are open. It is put whole, or not at all. */
  async replay(written: WrittenFix): Promise<void> {
    const { contract } = this;
    const { cloud, engine } = this.#options;
    const pointer = await cloud.catalog.current(quarantineTable(contract.name));
    // There are many tables beside this one.
    const catalog = { list: async () => [quarantineTable(contract.name)], current: async () => pointer };
    const lake = new Lake({
      ...{ objects: cloud.objects, engine, cacheDir: `${cloud.env.WHARF_TMP}/cache` },
      catalog: catalog as unknown as Catalog,
    });
    const fix = readFix(written, contract);
    const tmp = cloud.env.WHARF_TMP!;
    await replay(
      { contract, selection: {}, fix, by: 'test', dryRun: false },
      { ...cloud, lake, lakeBucket: cloud.env.WHARF_LAKE_BUCKET!, limits: defaultLimits, tmp, memoryMb: 200 },
    );
  }

  /** Asks for what landed last to be undone. */
  async undo(): Promise<void> {
    const [last] = await this.#landed();
    await this.#ask({ what: 'undo', deliveries: [last!.delivery] });
  }

  /** Asks for the tables as what landed first had left them. */
  async rollback(): Promise<void> {
    const first = (await this.#landed()).at(-1);
    await this.#ask({ what: 'rollback', to: first!.snapshot! });
  }

  async #landed(): Promise<Delivery[]> {
    const entries = await this.#options.cloud.deliveries(this.contract.name);
    return entries.sort((a, b) => (a.order < b.order ? 1 : -1));
  }

  async #ask(asked: Asked): Promise<void> {
    await this.#options.cloud.ask(this.contract.name, asked);
  }

  /** Takes in what has landed. */
  async ingest(): Promise<void> {
    await this.#deliver('ingest', apart(await this.#waiting('ingest')));
  }

  /** Commits what waits, in the batches that `arrange` makes of it. */
  async commit(arrange: Arrange): Promise<void> {
    await this.#deliver('commit', arrange(await this.#waiting('commit')));
  }

  /** Handles messages until there are none. */
  async settle(worker = () => this.#disturbed()): Promise<void> {
    for (;;) {
      const landed = await this.#waiting('ingest');
      const posted = await this.#waiting('events');
      const asked = await this.#waiting('commit');
      if (landed.length + posted.length + asked.length === 0) return;
      await this.#deliver('ingest', apart(landed), worker);
      await this.#deliver('events', posted.length > 0 ? [posted] : [], worker);
      await this.#deliver('commit', apart(asked), worker);
    }
  }

  /** Resolves when no worker has a request under way. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker[Symbol.asyncDispose]()));
  }

  #waiting(name: FunctionName): Promise<Batch> {
    const { mail, cloud } = this.#options;
    const { landedQueue, eventQueue, orderedQueue, env } = cloud;
    const events = this.inOrder ? orderedQueue : eventQueue;
    const queues = { ingest: landedQueue, events, commit: env.WHARF_COMMIT_QUEUE_URL! };
    return mail(queues[name], this.contract.name);
  }

  /** Messages come back until each has been handled. */
  async #deliver(name: FunctionName, batches: readonly Batch[], worker = () => this.#disturbed()) {
    for (const batch of batches) {
      let left = batch;
      for (let tries = 1; left.length > 0; tries++) {
        if (tries > TRIES) throw new Error(`${name} does not come to an end`);
        this.#inHand = [name, batch];
        left = await worker().handle(name, left, tries);
      }
    }
  }

  /** The worker that gets the messages first: one that stays warm, until it is gone. */
  #disturbed(): Worker {
    if (this.#first && !this.#first.gone) return this.#first;
    const { fault, strikes } = this.#options;
    const worker = this.#start((send, name) => {
      const [by, batch] = this.#inHand;
      const revises = batch.some(({ Body }) => JSON.parse(Body!).revision !== undefined);
      const number = this.writes.push({ by, name, revises }) - 1;
      if (!fault || !strikes?.(number)) return send();
      return fault({ send, die: () => worker.die(), others: () => this.#others() });
    });
    this.#first = worker;
    return worker;
  }

  async #others(): Promise<void> {
    const [name, batch] = this.#inHand;
    const other = this.#start();
    await this.#deliver(name, [batch], () => other);
    await this.settle(() => other);
  }

  #start(write?: WorkerOptions['write']): Worker {
    const { cloud, engine } = this.#options;
    const find = (name: string) => (name === this.contract.name ? this.contract : undefined);
    const worker = new Worker({ env: cloud.env, find, engine: async () => engine, write });
    this.#workers.push(worker);
    return worker;
  }
}

export const apart: Arrange = (waiting) => waiting.map((message) => [message]);

import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { WharfError } from '../core/errors.ts';
import { Clock } from './clock.ts';
import { Consumer } from './events/consumer.ts';
import { Notifier } from './events/notifier.ts';
import type { GatewayThread } from './http/gateway-thread.ts';
import type { LiveGateway } from './live/gateway.ts';
import type {
  Credentials,
  Endpoints,
  Env,
  Handler,
  LocalCloud,
  LocalCloudOptions,
  Logger,
  QueueHandler,
  StoredObject,
} from './model.ts';
import type { Emulator } from './services/emulator.ts';
import { SqsStore } from './services/fauxqs.ts';
import { objectPath } from './services/objects.ts';
import type { LambdaFunction, Topology } from './topology/model.ts';
import { nameInArn } from './topology/names.ts';

interface Parts extends Pick<LocalCloudOptions, 'unfinished' | 'fifoWindowMs' | 'windowMs' | 'clock'> {
  readonly log: Logger;
  /** The storage folder of S3. */
  readonly folder: string;
  readonly topology: Topology;
  readonly emulator: Emulator;
  readonly endpoints: Endpoints;
  readonly credentials: Credentials;
  /** What every function's environment has beside its own variables. */
  readonly shared: Env;
  readonly handlers: ReadonlyMap<LambdaFunction, Handler>;
  readonly gateway: GatewayThread | undefined;
  readonly live: LiveGateway | undefined;
  readonly clockFile: string;
  /** Disposed of after the last handler has ended. */
  readonly services: AsyncDisposable;
}

/** The cloud once its services answer: buckets notify, queues feed functions. */
export class RunningCloud implements LocalCloud {
  readonly endpoints: Endpoints;
  readonly credentials: Credentials;
  readonly api: string | undefined;
  readonly ws: string | undefined;
  readonly buckets: Readonly<Record<string, string>>;
  readonly #parts: Parts;
  readonly #notifier: Notifier;
  readonly #consumers: readonly Consumer[];
  readonly #clock: Clock | undefined;
  readonly #stopping = new AbortController();
  #sweeping = true;
  #stopped: Promise<void> | undefined;

  constructor(parts: Parts) {
    const { topology, emulator } = parts;
    this.endpoints = parts.endpoints;
    this.credentials = parts.credentials;
    this.api = parts.gateway?.url;
    this.ws = parts.live?.url;
    this.buckets = topology.buckets;
    this.#parts = parts;
    this.#notifier = new Notifier(emulator.objects, emulator.queues, topology.notifications);
    this.#consumers = this.#consume();
    this.#clock =
      parts.clock &&
      new Clock({
        ...parts.clock,
        ...{ schedules: topology.schedules, file: parts.clockFile, log: parts.log },
        send: (queueArn, body) =>
          emulator.queues.getQueueByArn(queueArn)?.enqueue(SqsStore.createMessage(body, {}, 0)),
      });
    void this.#sweep(this.#notifier.watched());
  }

  hear(event: Parameters<Notifier['hear']>[0]): void {
    this.#notifier.hear(event);
  }

  env(entry: string): Env {
    const { topology, shared } = this.#parts;
    const target = topology.functions.find((one) => one.entry === entry);
    if (target) return { ...target.env, ...shared };
    throw new WharfError(`The stack has no function made from ${entry}`, {
      code: 'local.unknown_function',
      fix: `Its functions are ${topology.functions.map((one) => one.entry).join(', ')}.`,
    });
  }

  file(bucket: string, key: string): string {
    return join(this.#parts.folder, objectPath(bucket, key));
  }

  async idle(): Promise<void> {
    const busy = () =>
      this.#sweeping ||
      this.#parts.gateway?.busy ||
      this.#parts.live?.busy ||
      this.#consumers.some((consumer) => consumer.busy);
    while (!this.#stopping.signal.aborted && busy()) await sleep(5);
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #stop(): Promise<void> {
    this.#stopping.abort();
    this.#clock?.stop();
    await Promise.all([this.#parts.gateway?.stop(), this.#parts.live?.stop()]);
    await Promise.all(this.#consumers.map((consumer) => consumer.stop()));
    await this.#parts.services[Symbol.asyncDispose]();
  }

  #consume(): Consumer[] {
    const { topology, emulator, handlers, log, fifoWindowMs = 1000, windowMs = 1000 } = this.#parts;
    const deadLetters = (arn: string) => {
      log.warn('message to the dead-letter queue', { queue: nameInArn(arn) });
      return emulator.queues.getQueueByArn(arn);
    };
    return topology.sources.map(
      (source) =>
        new Consumer({
          queue: emulator.queues.getQueueByArn(source.queueArn)!,
          source,
          handler: handlers.get(source.target) as QueueHandler,
          deadLetters,
          fifoWindowMs,
          windowMs,
          moreToCome: () => this.#consumers.some((other) => other.feeds !== source.target && other.busy),
          log,
        }),
    );
  }

  /** Queues do not outlive the process: an object whose message may be lost is notified again. Ingestion recognizes what it has had. */
  async #sweep(found: readonly StoredObject[]): Promise<void> {
    const { unfinished = async () => true } = this.#parts;
    for (const object of found) {
      if (this.#stopping.signal.aborted) return;
      if (await unfinished(object, this).catch(() => true)) this.#notifier.notify('Put', object);
    }
    this.#sweeping = false;
  }
}

import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { SQSBatchResponse, SQSRecord } from 'aws-lambda';
import type { Env, QueueHandler } from '../model.ts';
import type { LambdaFunction } from '../topology/model.ts';

/** What goes in, some records at a time, and what comes out for it. */
export interface Call {
  readonly id: number;
  readonly records: readonly SQSRecord[];
  /** No more are to come. */
  readonly whole: boolean;
}
export type Answer = { readonly id: number } & (
  | { readonly response: SQSBatchResponse | undefined }
  | { readonly error: Error }
);

/** `low`: it gives way to the other threads, where the system can tell them apart. */
export type Priority = 'normal' | 'low';

export interface Task {
  readonly target: LambdaFunction;
  readonly env: Env;
  readonly priority: Priority;
}

export interface Thread extends AsyncDisposable {
  readonly handler: QueueHandler;
}

/** So many records are copied before somebody else has a turn: ten thousand in one go would hold up whoever posts the next. */
const SLICE = 500;

async function handOver(worker: Worker, id: number, all: readonly SQSRecord[]): Promise<void> {
  for (let from = 0, whole = false; !whole; from += SLICE) {
    if (from > 0) await turn();
    whole = from + SLICE >= all.length;
    const call: Call = { id, records: all.slice(from, from + SLICE), whole };
    worker.postMessage(call);
  }
}

/**
 * A function in a thread of its own, as AWS gives it a process: while it works, the HTTP API answers. It is loaded when
 * it is first called, and again after it broke down, which fails the calls that were under way.
 */
export function startThread(target: LambdaFunction, env: Env, priority: Priority): Thread {
  const waiting = new Map<number, PromiseWithResolvers<SQSBatchResponse | undefined>>();
  let calls = 0;
  let worker: Worker | undefined;

  const start = () => {
    const workerData: Task = { target, env, priority };
    worker = new Worker(new URL('function.worker.ts', import.meta.url), { workerData });
    worker.on('message', (answer: Answer) => {
      const call = waiting.get(answer.id);
      waiting.delete(answer.id);
      if ('error' in answer) call?.reject(answer.error);
      else call?.resolve(answer.response);
    });
    let cause: unknown = new Error(`The thread of ${target.entry} ended`);
    worker.once('error', (error) => {
      cause = error;
    });
    worker.once('exit', () => {
      worker = undefined;
      for (const { reject } of waiting.values()) reject(cause);
      waiting.clear();
    });
    return worker;
  };
  return {
    handler(event) {
      const id = calls++;
      const call = Promise.withResolvers<SQSBatchResponse | undefined>();
      waiting.set(id, call);
      void handOver(worker ?? start(), id, event.Records);
      return call.promise;
    },
    async [Symbol.asyncDispose]() {
      if (!worker) return;
      const exited = once(worker, 'exit');
      void worker.terminate();
      await exited;
    },
  };
}

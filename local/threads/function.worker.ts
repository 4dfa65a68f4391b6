/** The thread's side: one function, called as often as it is told to. */
import { existsSync, readlinkSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { basename } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import type { SQSRecord } from 'aws-lambda';
import { toContext } from '../events/invoke.ts';
import { loadFunction } from '../load-function.ts';
import type { QueueHandler } from '../model.ts';
import type { Answer, Call, Task } from './thread.ts';

const { target, env, priority } = workerData as Task;

/** What Linux calls this thread; elsewhere only whole processes have a priority. */
const self = '/proc/thread-self';
if (priority === 'low' && existsSync(self))
  setPriority(Number(basename(readlinkSync(self))), constants.priority.PRIORITY_BELOW_NORMAL);

const handler = loadFunction(target.entry).then((createHandler) => createHandler(env) as QueueHandler);

async function answer(id: number, Records: SQSRecord[]): Promise<Answer> {
  try {
    return { id, response: (await (await handler)({ Records }, toContext(target))) ?? undefined };
  } catch (error) {
    return { id, error: error as Error };
  }
}

const calls = new Map<number, SQSRecord[]>();

parentPort!.on('message', async ({ id, records, whole }: Call) => {
  const all = [...(calls.get(id) ?? []), ...records];
  calls.set(id, all);
  if (!whole) return;
  calls.delete(id);
  parentPort!.postMessage(await answer(id, all));
});

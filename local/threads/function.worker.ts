/** The thread's side: one function, called as often as it is told to. */
import { parentPort, workerData } from 'node:worker_threads';
import { toContext } from '../events/invoke.ts';
import { loadFunction } from '../load-function.ts';
import type { Env, QueueHandler } from '../model.ts';
import type { LambdaFunction } from '../topology/model.ts';
import type { Answer, Call } from './thread.ts';

const { target, env } = workerData as { target: LambdaFunction; env: Env };
const handler = loadFunction(target.entry).then((createHandler) => createHandler(env) as QueueHandler);

async function answer({ id, event }: Call): Promise<Answer> {
  try {
    return { id, response: (await (await handler)(event, toContext(target))) ?? undefined };
  } catch (error) {
    return { id, error: error as Error };
  }
}

parentPort!.on('message', async (call: Call) => parentPort!.postMessage(await answer(call)));

/** The thread's side of the HTTP API. */
import { parentPort, workerData } from 'node:worker_threads';
import { loader } from '../functions.ts';
import type { Handler, Logger } from '../model.ts';
import type { Started } from '../threads/service.ts';
import type { LambdaFunction } from '../topology/model.ts';
import { startGateway } from './gateway.ts';
import type { GatewayTask, Logged } from './gateway-thread.ts';
import { callThrough } from './invocations.ts';

const { api, port, shared, beside, elsewhere, underWay } = workerData as GatewayTask;

const say = (said: Started | Logged) => parentPort!.postMessage(said);
const logged =
  (level: keyof Logger): Logger['info'] =>
  (event, fields) =>
    say({ level, event, fields });

const load = loader(beside, { shared, replaced: {} });
const loaded =
  ({ name }: LambdaFunction): Handler =>
  async (...call) =>
    (await load(name))!.handler(...call);
const called = callThrough(shared.AWS_ENDPOINT_URL_LAMBDA!);
const handlers = new Map<LambdaFunction, Handler>([
  ...beside.map((target) => [target, loaded(target)] as const),
  ...elsewhere.map((target) => [target, called(target)] as const),
]);

try {
  const gateway = await startGateway({
    ...{ api, handlers, port },
    log: { info: logged('info'), warn: logged('warn'), error: logged('error') },
    watch: (requests) => Atomics.store(underWay, 0, requests),
  });
  parentPort!.once('message', async () => {
    await gateway.stop();
    process.exit();
  });
  say({ port: Number(new URL(gateway.url).port) });
} catch (error) {
  const { code = '', message } = ((error as Error).cause ?? error) as NodeJS.ErrnoException;
  say({ code, message });
}

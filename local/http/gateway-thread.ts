/** The HTTP API in a thread of its own: whatever else this process is at, whoever asks has an answer. */
import type { Env, Logger } from '../model.ts';
import { startService } from '../threads/service.ts';
import type { HttpApi, LambdaFunction } from '../topology/model.ts';
import type { Gateway } from './gateway.ts';

/** What nearly every request calls; it is loaded in the thread, by its first call. The others are called as API Gateway calls them: through Lambda. */
const BESIDE: readonly string[] = ['lambdas/accept-event/handler.ts', 'lambdas/authorize/handler.ts'];

export interface GatewayTask {
  readonly api: HttpApi;
  readonly port: number;
  /** What every function's environment has beside its own variables. */
  readonly shared: Env;
  /** Functions that are loaded in the thread. */
  readonly beside: readonly LambdaFunction[];
  /** Functions that are called through Lambda's door. */
  readonly elsewhere: readonly LambdaFunction[];
  /** One number: how many requests are being answered. */
  readonly underWay: Int32Array;
}

/** What the thread has logged. */
export interface Logged {
  readonly level: keyof Logger;
  readonly event: string;
  readonly fields: Readonly<Record<string, unknown>> | undefined;
}

export interface GatewayThread extends Gateway {
  /** Whether a request is being answered. */
  readonly busy: boolean;
}

export interface GatewayThreadOptions extends Pick<GatewayTask, 'api' | 'port' | 'shared'> {
  readonly log: Logger;
  /** Entries of functions that stay where they are: a test put something else in their place. */
  readonly replaced: readonly string[];
}

/** @throws WharfError `local.port_in_use` */
export async function startGatewayThread(options: GatewayThreadOptions): Promise<GatewayThread> {
  const { api, port, shared, log, replaced } = options;
  const targets = new Set(
    api.routes.flatMap(({ target, authorizer }) => (authorizer ? [target, authorizer.target] : [target])),
  );
  const isBeside = ({ entry }: LambdaFunction) => BESIDE.includes(entry) && !replaced.includes(entry);
  const { beside = [], elsewhere = [] } = Object.groupBy(targets, (one) =>
    isBeside(one) ? 'beside' : 'elsewhere',
  );
  const underWay = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const task: GatewayTask = { api, port, shared, beside, elsewhere, underWay };
  const hear = ({ level, event, fields }: Logged) => log[level](event, fields);
  const service = await startService(new URL('gateway.worker.ts', import.meta.url), task, '--api-port', hear);
  return {
    ...service,
    get busy() {
      return Atomics.load(underWay, 0) > 0;
    },
  };
}

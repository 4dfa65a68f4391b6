/** The WebSocket API: clients come, say what they listen to, and go. What they hear is sent by `broadcast`. */
import type { APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { Problem } from '../../core/api/problem.ts';
import { isLive } from '../../core/live/model.ts';
import { requestId } from '../../core/live/request.ts';
import { datasets, findDataset } from '../../datasets/index.ts';
import { sender } from '../../platform/api/queue.ts';
import type { Env } from '../../platform/aws.ts';
import { awsJson } from '../../platform/aws-json.ts';
import { connections } from '../../platform/live/connections.ts';
import { type ServeDeps, serve } from '../../platform/live/serve.ts';
import { LiveStore } from '../../platform/live/store.ts';
import { log } from '../../platform/log.ts';
import { tell } from '../../platform/tell.ts';
import { liveEnv, readEnv } from '../config.ts';
import { lazy } from '../lazy.ts';

/** The parts of API Gateway's event that are looked at. */
export interface LiveEvent {
  readonly requestContext: {
    readonly routeKey: string;
    readonly connectionId: string;
    readonly authorizer?: { readonly caller?: string; readonly scopes?: string };
  };
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: string;
}

type Result = APIGatewayProxyStructuredResultV2;

interface Said {
  readonly answer: object;
  readonly last?: boolean;
}

const asksProtocol = (headers: LiveEvent['headers'] = {}): boolean =>
  Object.entries(headers).some(
    ([name, value]) => name.toLowerCase() === 'sec-websocket-protocol' && /^wharf\b/.test(value ?? ''),
  );

/**
 * Builds the handler for an environment; `wharf start` runs the same function in its own process.
 * @param parts what to use instead of the deployed datasets and the queue
 */
export function createHandler(env: Env, parts: Partial<ServeDeps> = {}) {
  const config = readEnv(liveEnv, env);
  const store = new LiveStore(awsJson('dynamodb', env), config.WHARF_LIVE_TABLE);
  const way = connections(env, config.WHARF_LIVE_ENDPOINT);
  const deps: ServeDeps = {
    store,
    contracts: datasets,
    find: findDataset,
    sendTick: sender(awsJson('sqs', env), config.WHARF_TICKS_QUEUE_URL),
    now: () => new Date(),
    ...parts,
  };
  const live = deps.contracts.filter(isLive).map(({ name }) => name);

  async function connect({ requestContext, headers }: LiveEvent): Promise<Result> {
    const { connectionId, authorizer: { caller, scopes = '' } = {} } = requestContext;
    if (!caller) return { statusCode: 401 };
    await store.connect(connectionId, { caller, scopes: scopes.split(' ') }, deps.now());
    log.info('connected', { connection: connectionId, caller });
    // Who offers subprotocols hangs up unless one of them is taken; the other one is the key.
    return { statusCode: 200, headers: asksProtocol(headers) ? { 'Sec-WebSocket-Protocol': 'wharf' } : {} };
  }

  async function disconnect({ requestContext: { connectionId } }: LiveEvent): Promise<Result> {
    await store.forget(connectionId, live);
    return { statusCode: 200 };
  }

  /** Does what a message asks for. @returns the answer, and whether the connection ends with it */
  async function message({ requestContext: { connectionId }, body = '' }: LiveEvent): Promise<Said> {
    const client = await store.touch(connectionId, deps.now());
    if (client && client !== 'flood')
      return { answer: await serve(body, { connection: connectionId, ...client }, deps) };
    const { document } = client
      ? new Problem('too-many-messages', 'Forty messages in ten seconds are read: the connection is closed')
      : new Problem('unknown-key', 'The connection is over: connect again');
    return { answer: document, last: true };
  }

  /** Answers go the way of broadcasts: a route's own response is more than every emulator can deploy. */
  async function answered(event: LiveEvent, context: Context): Promise<Result> {
    const { connectionId } = event.requestContext;
    const id = requestId(event.body ?? '');
    const { answer, last } = await message(event).catch((error: unknown): Said => {
      const request = context.awsRequestId;
      log.error('message failed', { request, error: tell(error) });
      const problem = new Problem('internal', 'The message can be sent again as it is', { request });
      return { answer: problem.document };
    });
    await way.post(connectionId, JSON.stringify(id === undefined ? answer : { ...answer, id }));
    if (last) {
      await way.close(connectionId);
      await store.forget(connectionId, live);
    }
    return { statusCode: 200 };
  }

  const routes: Readonly<Record<string, (event: LiveEvent, context: Context) => Promise<Result>>> = {
    $connect: connect,
    $disconnect: disconnect,
    $default: answered,
  };
  return (event: LiveEvent, context: Context): Promise<Result> =>
    routes[event.requestContext.routeKey]!(event, context);
}

export const handler = lazy(() => createHandler(process.env));

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

  async function message({ requestContext: { connectionId }, body = '' }: LiveEvent): Promise<object> {
    const client = await store.touch(connectionId, deps.now());
    if (client !== 'flood' && client) return serve(body, { connection: connectionId, ...client }, deps);
    const { document } = client
      ? new Problem('too-many-messages', 'Forty messages in ten seconds are read: the connection is closed')
      : new Problem('unknown-key', 'The connection is over: connect again');
    if (client) await way.post(connectionId, JSON.stringify(document));
    await way.close(connectionId);
    await store.forget(connectionId, live);
    return document;
  }

  async function answered(event: LiveEvent, context: Context): Promise<Result> {
    const id = requestId(event.body ?? '');
    const named = (answer: object): Result => ({
      statusCode: 200,
      body: JSON.stringify(id === undefined ? answer : { ...answer, id }),
    });
    try {
      return named(await message(event));
    } catch (error) {
      const request = context.awsRequestId;
      log.error('message failed', { request, error: tell(error) });
      return named(new Problem('internal', 'The message can be sent again as it is', { request }).document);
    }
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

import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { tell } from '../../platform/tell.ts';
import { toContext } from '../events/invoke.ts';
import type { Handler, Logger } from '../model.ts';
import { portInUse } from '../services/ports.ts';
import { isStranger } from '../services/strangers.ts';
import type { HttpApi, LambdaFunction } from '../topology/model.ts';
import { Authorizers } from './authorizers.ts';
import { readBody } from './body.ts';
import { LARGEST_BODY, type Matched, matcher, toEvent } from './request.ts';

export interface Gateway {
  readonly url: string;
  /** Lets the requests under way have their answers. */
  stop(): Promise<void>;
}

export interface GatewayOptions {
  readonly api: HttpApi;
  readonly handlers: ReadonlyMap<LambdaFunction, Handler>;
  readonly port: number;
  readonly log: Logger;
  /** How long a request may take to arrive. @default 30 seconds, as API Gateway's own limit */
  readonly arrivalMs?: number;
  /** Told how many requests are being answered, whenever that changes. @default nobody is */
  readonly watch?: (underWay: number) => void;
}

/** What API Gateway says by itself, in its words. */
const said = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  413: 'Request Entity Too Large',
  500: 'Internal Server Error',
} as const;

type Result = APIGatewayProxyStructuredResultV2;
type Answer = (
  event: APIGatewayProxyEventV2,
  context: ReturnType<typeof toContext>,
) => Promise<Result | string>;

const say = (status: keyof typeof said): Result => ({
  statusCode: status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ message: said[status] }),
});

/**
 * API Gateway's HTTP API on a loopback port: routes, authorizers and functions are the template's. Throttling of a stage
 * is not imitated; limits of callers are the function's own, and hold here too.
 *
 * @throws WharfError `local.port_in_use`
 */
export async function startGateway({
  api,
  handlers,
  port,
  log,
  arrivalMs = 30_000,
  watch = () => {},
}: GatewayOptions): Promise<Gateway> {
  const { routes, cors } = api;
  const match = matcher(routes);
  const authorizers = new Authorizers(handlers);
  const allowed = (origin: string | undefined): origin is string =>
    origin !== undefined && (cors?.origins.some((one) => one === '*' || one === origin) ?? false);

  async function answer(request: IncomingMessage): Promise<Result> {
    const { method = '', url: target = '', headers } = request;
    let url: URL;
    let matched: Matched | undefined;
    try {
      url = new URL(target, 'http://localhost');
      // As it was sent: the parser of addresses would resolve dots.
      matched = match(method, target.split('?', 1)[0]!);
    } catch {
      return say(400);
    }
    if (!matched) return say(404);
    const { authorizer, target: fn } = matched.route;
    const verdict =
      authorizer && (await authorizers.ask(authorizer, headers[authorizer.header] as string, matched.route));
    if (authorizer && !verdict) return say(401);
    if (verdict?.isAuthorized === false) return say(403);
    const body = await readBody(request, LARGEST_BODY);
    if (!body) return say(413);
    const event = toEvent(request, matched, url, body, verdict?.context);
    const result = await (handlers.get(fn) as unknown as Answer)(event, toContext(fn));
    return typeof result === 'string' ? { statusCode: 200, body: result } : result;
  }

  function corsHeaders({ headers: { origin } }: IncomingMessage): Record<string, string> {
    if (!cors || !allowed(origin)) return {};
    return {
      'access-control-allow-origin': origin,
      'access-control-expose-headers': cors.exposed,
      vary: 'origin',
    };
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { headers, method } = request;
    const isPreflight = method === 'OPTIONS' && allowed(headers.origin) && cors;
    let result: Result;
    if (isStranger(allowed(headers.origin) ? { host: headers.host } : headers)) result = say(403);
    else if (isPreflight)
      result = {
        statusCode: 204,
        headers: {
          'access-control-allow-methods': cors.methods,
          'access-control-allow-headers': cors.headers,
          'access-control-max-age': cors.maxAge,
        },
      };
    else
      result = await answer(request).catch((error) => {
        // Who hung up while sending is owed no answer.
        if (!request.complete) return say(400);
        log.error('request failed', { route: `${method}`, error: tell(error) });
        return say(500);
      });
    const { statusCode = 200, headers: own = {}, body = '', isBase64Encoded } = result;
    // What was not read of a body must not be taken for the next request.
    const close = request.complete ? {} : { connection: 'close' };
    const bytes = isBase64Encoded ? Buffer.from(body, 'base64') : body;
    // With its length it is one write.
    const length = statusCode === 204 ? {} : { 'content-length': Buffer.byteLength(bytes) };
    const headersOut = { ...(own as Record<string, string>), ...corsHeaders(request), ...close, ...length };
    response.writeHead(statusCode, headersOut).end(bytes);
  }

  const running = new Set<Promise<void>>();
  const server = createServer(
    // API Gateway takes 10,240 bytes of headers.
    {
      maxHeaderSize: 10_240,
      requestTimeout: arrivalMs,
      headersTimeout: Math.min(arrivalMs, 10_000),
      connectionsCheckingInterval: Math.min(arrivalMs, 1_000),
    },
    (request, response) => {
      const run = serve(request, response).finally(() => {
        running.delete(run);
        watch(running.size);
      });
      running.add(run);
      watch(running.size);
    },
  );
  server.maxConnections = 512;
  // Longer than clients keep a connection: one that is reused while it closes would be a failure out of nowhere.
  server.keepAliveTimeout = 75_000;
  server.listen(port, '127.0.0.1');
  await once(server, 'listening').catch((cause) => {
    throw portInUse(port, '--api-port', cause);
  });
  const stop = async () => {
    const closed = once(server, 'close');
    server.close();
    server.closeIdleConnections();
    await Promise.all(running);
    server.closeAllConnections();
    await closed;
  };
  let stopped: Promise<void> | undefined;
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };
}

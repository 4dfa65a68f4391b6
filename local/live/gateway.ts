import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { readBody } from '../http/body.ts';
import type { Handler, Logger } from '../model.ts';
import { portInUse } from '../services/ports.ts';
import { isStranger } from '../services/strangers.ts';
import type { LambdaFunction, LiveApi } from '../topology/model.ts';
import { Connection, codes, defaults, type Limits } from './connection.ts';
import { LiveRoutes } from './routes.ts';

export interface LiveGateway {
  /** Where clients connect. */
  readonly url: string;
  /** Where functions send clients messages: the management API of the stage. */
  readonly connections: string;
  /** Whether a function is at work for a client. */
  readonly busy: boolean;
  /** Lets clients in from now on. */
  serve(handlers: ReadonlyMap<LambdaFunction, Handler>): void;
  /** Ends all connections, and tells the function so. */
  stop(): Promise<void>;
}

export interface LiveGatewayOptions {
  readonly api: LiveApi;
  readonly port: number;
  readonly log: Logger;
  readonly limits?: Partial<Limits>;
}

/** Most clients at a time. */
const CLIENTS = 5_000;

const refuse = (socket: Duplex, status: number): void => {
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`;
  socket.end(head);
};

/**
 * API Gateway's WebSocket API on a loopback port and, on the same port, its management API, by which functions reach
 * clients. Routes, authorizer and functions are the template's; throttling of a stage is not imitated.
 *
 * @throws WharfError `local.port_in_use`
 */
export async function startLiveGateway(options: LiveGatewayOptions): Promise<LiveGateway> {
  const { api, port, log } = options;
  const limits = { ...defaults, ...options.limits };
  const clients = new Map<string, Connection>();
  const protocols = new WeakMap<IncomingMessage, string>();
  let routes: LiveRoutes | undefined;
  let stopping = false;

  const sockets = new WebSocketServer({
    ...{ noServer: true, clientTracking: false, perMessageDeflate: false },
    maxPayload: limits.message,
    handleProtocols: (_, request) => protocols.get(request) ?? false,
  });

  async function connect(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => {});
    if (isStranger(request.headers)) return refuse(socket, 403);
    if (!routes || stopping || clients.size >= CLIENTS) return refuse(socket, 503);
    const known = routes;
    // As long as API Gateway's, and as hard to guess.
    const connectionId = randomBytes(12).toString('base64');
    const client = await known.judge(request, { connectionId, stage: api.stage, connectedAt: Date.now() });
    if (typeof client === 'number') return refuse(socket, client);
    const { status, protocol } = await known.connect(request, client);
    if (status >= 300) return refuse(socket, status);
    if (protocol) protocols.set(request, protocol);
    const gone = () => {
      clients.delete(connectionId);
      void known.disconnect(client);
    };
    if (stopping) {
      gone();
      return refuse(socket, 503);
    }
    // Who hung up meanwhile is told apart by there being no connection.
    sockets.handleUpgrade(request, socket, head, (opened: WebSocket) => {
      const handle = (text: string) => known.message(text, client);
      clients.set(connectionId, new Connection(opened, limits, { gone, handle }));
    });
    if (!clients.has(connectionId)) gone();
  }

  /** `POST` and `DELETE /<stage>/@connections/<id>`. */
  async function manage(request: IncomingMessage): Promise<number> {
    const [, stage, where, id, ...more] = (request.url ?? '').split('/').map(decodeURIComponent);
    if (isStranger(request.headers) || stage !== api.stage || where !== '@connections' || more.length > 0)
      return 403;
    const client = clients.get(id ?? '');
    if (request.method === 'DELETE') client?.close(codes.policy);
    else if (request.method === 'POST') {
      const body = await readBody(request, limits.message);
      if (!body) return 413;
      if (!client?.send(body)) return 410;
    } else return 403;
    return client ? 200 : 410;
  }

  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    manage(request)
      .catch(() => 400)
      .then((status) => {
        // With its length it is one write: there are many.
        const close = request.complete ? {} : { connection: 'close' };
        response.writeHead(status, { 'content-length': 0, ...close }).end();
      });
  });
  server.on('upgrade', (request, socket, head) => {
    connect(request, socket, head).catch((error) => {
      log.error('no connection', { error });
      socket.destroy();
    });
  });
  server.keepAliveTimeout = 75_000;
  server.listen(port, '127.0.0.1');
  await once(server, 'listening').catch((cause) => {
    throw portInUse(port, '--ws-port', cause);
  });
  const looking = setInterval(() => {
    for (const client of clients.values()) client.look();
  }, limits.pingMs);

  const stop = async () => {
    stopping = true;
    clearInterval(looking);
    for (const client of clients.values()) client.close(codes.goingAway);
    const closed = once(server, 'close');
    server.close();
    server.closeIdleConnections();
    while (clients.size > 0) await new Promise((wake) => setTimeout(wake, 5));
    await routes?.settled();
    server.closeAllConnections();
    await closed;
  };
  let stopped: Promise<void> | undefined;
  const at = `127.0.0.1:${(server.address() as AddressInfo).port}/${api.stage}`;
  return {
    url: `ws://${at}`,
    connections: `http://${at}`,
    get busy() {
      return routes?.busy ?? false;
    },
    serve(handlers) {
      routes = new LiveRoutes(api, handlers, log);
    },
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };
}

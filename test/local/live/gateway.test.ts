/** The gateway of WebSockets as API Gateway would behave, and what it does with clients that are no good. */
import { once } from 'node:events';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import type { Limits } from '../../../local/live/connection.ts';
import { type LiveGateway, startLiveGateway } from '../../../local/live/gateway.ts';
import type { Handler } from '../../../local/model.ts';
import type { LambdaFunction } from '../../../local/topology/model.ts';
import { until } from '../../cli/support.ts';
import { refusal } from '../../pipeline/live/support.ts';
import { quiet } from '../fixtures/bench.ts';

const lambda = (name: string): LambdaFunction => ({
  name,
  entry: name,
  env: {},
  timeoutMs: 1000,
  memoryMb: 128,
});
const [serve, who] = [lambda('serve'), lambda('who')];
const api = {
  stage: 'live',
  routes: ['$connect', '$disconnect', '$default'].map((key) => ({
    key,
    target: serve,
    authorizer: key === '$connect' ? who : undefined,
    answers: key === '$default',
  })),
};

interface Event {
  readonly requestContext: {
    readonly routeKey: string;
    readonly connectionId: string;
    readonly authorizer: object;
  };
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

let gateway: LiveGateway;
let seen: Event[] = [];
const of = (route: string) => seen.filter(({ requestContext }) => requestContext.routeKey === route);
const ids = () => of('$connect').map(({ requestContext }) => requestContext.connectionId);

/** What the authorizer says to a name. */
const verdicts: Readonly<Record<string, () => object>> = {
  nobody: () => {
    throw new Error('Unauthorized');
  },
  denied: () => ({ principalId: '', policyDocument: { Statement: [{ Effect: 'Deny' }] } }),
  broken: () => {
    throw new Error('no ledger');
  },
};
const allowed = () => ({
  principalId: 'me',
  policyDocument: { Statement: [{ Effect: 'Allow' }] },
  context: { caller: 'me' },
});

const handlers = new Map<LambdaFunction, Handler>([
  [who, async ({ headers: { me = '' } }: Event) => (verdicts[me] ?? allowed)()],
  [
    serve,
    async (event: Event) => {
      seen.push(event);
      if (event.headers?.me === 'unwanted') return { statusCode: 418 };
      if (event.body === 'slow') await sleep(50);
      if (event.body === 'break') throw new Error('a secret');
      return { statusCode: 200, body: event.body && `you said ${event.body}` };
    },
  ],
]);

async function open(limits: Partial<Limits> = {}): Promise<void> {
  seen = [];
  gateway = await startLiveGateway({ api, port: 0, log: quiet, limits });
  gateway.serve(handlers);
}
afterEach(() => gateway.stop());

async function client(): Promise<WebSocket & { heard: string[]; closed: Promise<number> }> {
  const socket = new WebSocket(gateway.url);
  const heard: string[] = [];
  socket.on('message', (text) => heard.push(String(text)));
  const closed = once(socket, 'close').then(([code]) => code as number);
  await once(socket, 'open');
  return Object.assign(socket, { heard, closed });
}

/** A client that says hello and then nothing: no pong, and it reads only if told to. */
async function silent(): Promise<Socket> {
  const { hostname, port } = new URL(gateway.url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  socket.write(
    'GET /live HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
  );
  await once(socket, 'readable');
  return socket;
}

/** Asks the management API. */
async function manage(method: string, path: string, body = '', headers = {}): Promise<number> {
  const { hostname, port } = new URL(gateway.connections);
  const sent = request({ hostname, port, method, path, headers });
  sent.on('error', () => {});
  sent.end(body);
  const [response] = await once(sent, 'response');
  response.resume();
  return response.statusCode;
}
const pathOf = (id: string): string => `/live/%40connections/${encodeURIComponent(id)}`;

describe('a client', () => {
  it('is told of to the function when it comes, speaks and goes, with what the authorizer knows', async () => {
    await open();
    const me = await client();
    me.send('hello');
    await until('the answer comes', () => me.heard.length > 0);
    expect(me.heard).toEqual(['you said hello']);
    me.close();
    await until('the function is told', () => of('$disconnect').length > 0);
    expect(new Set(seen.map(({ requestContext }) => requestContext.connectionId)).size).toBe(1);
    for (const { requestContext } of seen) expect(requestContext.authorizer).toMatchObject({ caller: 'me' });
    expect(of('$default')[0]).not.toHaveProperty('headers');
  });

  it.each([
    ['nobody', 401],
    ['denied', 403],
    ['broken', 500],
    ['unwanted', 418],
  ])('that is %s stays outside with %i', async (me, status) => {
    await open();
    expect(await refusal(gateway.url, { headers: { me } })).toBe(status);
  });

  it('on a page of another site, or by another host name, stays outside', async () => {
    await open();
    for (const headers of [{ origin: 'https://evil.example.com' }, { host: 'evil.example.com' }])
      expect(await refusal(gateway.url, { headers })).toBe(403);
    expect(seen).toEqual([]);
  });

  it('that breaks the function learns nothing of why, and may go on', async () => {
    await open();
    const me = await client();
    me.send('break');
    me.send('hello');
    await until('the answers come', () => me.heard.length === 2);
    expect(me.heard[0]).toContain('Internal server error');
    expect(me.heard[0]).not.toContain('secret');
  });

  it('has its messages handled one after the other', async () => {
    await open();
    const me = await client();
    for (const text of ['slow', 'a', 'b']) me.send(text);
    await until('the answers come', () => me.heard.length === 3);
    expect(me.heard).toEqual(['you said slow', 'you said a', 'you said b']);
  });
});

describe('the way back to clients', () => {
  it('is theirs only, by the name that the function was told', async () => {
    await open();
    const [a, b] = [await client(), await client()];
    expect(await manage('POST', pathOf(ids()[0]!), 'for a')).toBe(200);
    await until('it is heard', () => a.heard.length > 0);
    expect([a.heard, b.heard]).toEqual([['for a'], []]);
    expect(await manage('POST', pathOf('nobody'), 'x')).toBe(410);
    expect(await manage('POST', pathOf(ids()[0]!), 'x'.repeat(200_000))).toBe(413);
    expect(await manage('POST', '/other/%40connections/x', 'x')).toBe(403);
    expect(await manage('POST', pathOf(ids()[0]!), 'x', { origin: 'https://evil.example.com' })).toBe(403);
    expect(await manage('DELETE', pathOf(ids()[0]!))).toBe(200);
    expect(await a.closed).toBe(1008);
    expect(await manage('POST', pathOf(ids()[0]!), 'x')).toBe(410);
  });

  it('ends at one who does not read: so much is kept for it, then it is cut off, and the others hear all', async () => {
    await open({ unread: 100_000 });
    const lazy = await silent();
    lazy.pause();
    const good = await client();
    const [slow, quick] = ids() as [string, string];
    const text = 'x'.repeat(50_000);
    let sent = 0;
    while ((await manage('POST', pathOf(slow), text)) === 200 && sent < 1_000) {
      sent += 1;
      expect(await manage('POST', pathOf(quick), text)).toBe(200);
    }
    // What the two ends of a socket hold, and the limit: far less than a thousand.
    expect(sent).toBeLessThan(500);
    await until('the function is told', () => of('$disconnect').length === 1);
    await until('the other hears all', () => good.heard.length === sent);
    lazy.destroy();
  });
});

describe('a client that is no good', () => {
  it('whose socket is open at one end only is found out, and one that answers is kept', async () => {
    await open({ pingMs: 60 });
    const gone = await silent();
    gone.pause();
    const good = await client();
    await until('the function is told', () => of('$disconnect').length === 1);
    await sleep(200);
    expect(good.readyState).toBe(good.OPEN);
    expect(of('$disconnect')).toHaveLength(1);
    gone.destroy();
  });

  it('and sends faster than it is served is cut off with 1008', async () => {
    await open({ waiting: 10 });
    const me = await client();
    for (let i = 0; i < 1_000; i++) me.send('slow');
    expect(await me.closed).toBe(1008);
    expect(of('$default').length).toBeLessThan(30);
  });

  it.each([
    ['1 MB at once', 1009, (me: WebSocket) => me.send('x'.repeat(1 << 20))],
    ['bytes', 1003, (me: WebSocket) => me.send(Buffer.from([0, 1]))],
  ])('and sends %s is cut off with %i', async (_, code, misbehave) => {
    await open();
    const me = await client();
    misbehave(me);
    expect(await me.closed).toBe(code);
    expect(of('$default')).toEqual([]);
  });

  it('because it is too old has to come again', async () => {
    await open({ pingMs: 30, ageMs: 50 });
    expect(await (await client()).closed).toBe(1001);
  });
});

it('says goodbye to everybody when it stops, and tells the function first', async () => {
  await open();
  const all = await Promise.all([client(), client()]);
  await gateway.stop();
  expect(await Promise.all(all.map(({ closed }) => closed))).toEqual([1001, 1001]);
  expect(of('$disconnect')).toHaveLength(2);
});

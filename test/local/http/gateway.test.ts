/** The gateway as API Gateway would behave: routes, events, authorizers and limits from the template. */
import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { type Gateway, startGateway } from '../../../local/http/gateway.ts';
import { LARGEST_BODY } from '../../../local/http/request.ts';
import type { Handler } from '../../../local/model.ts';
import type { HttpApi, LambdaFunction } from '../../../local/topology/model.ts';
import { quiet } from '../fixtures/bench.ts';

const lambda = (name: string): LambdaFunction => ({
  name,
  entry: name,
  env: {},
  timeoutMs: 1000,
  memoryMb: 128,
});
const [echo, who, broken] = [lambda('echo'), lambda('who'), lambda('broken')];
const authorizer = { target: who, header: 'authorization', ttlMs: 200 };
const route = (key: string, target = echo, guarded = false) => {
  const [method = '', path = ''] = key.split(' ');
  return { key, method, path, target, authorizer: guarded ? authorizer : undefined };
};
const site = 'https://shop.example.com';
const api: HttpApi = {
  routes: [
    route('GET /v1/{thing}'),
    route('GET /v1/spelt'),
    route('POST /v1/{domain}/{dataset}'),
    route('GET /guarded', echo, true),
    route('GET /broken', broken),
  ],
  cors: {
    origins: [site],
    methods: 'GET,POST',
    headers: 'authorization',
    exposed: 'retry-after',
    maxAge: '60',
  },
};

const seen: APIGatewayProxyEventV2[] = [];
const asked: unknown[] = [];
const handlers = new Map<LambdaFunction, Handler>([
  [
    echo,
    async (event: APIGatewayProxyEventV2) => {
      seen.push(event);
      return { statusCode: 200, headers: { 'content-type': 'text/plain' }, body: event.routeKey };
    },
  ],
  [
    who,
    async ({ identitySource: [identity] }: { identitySource: string[] }) => {
      asked.push(identity);
      if (identity === 'down') throw new Error('no answer');
      return { isAuthorized: identity === 'me', context: { caller: identity } };
    },
  ],
  [
    broken,
    async () => {
      throw new Error('a secret');
    },
  ],
]);

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({ api, handlers, port: 0, log: quiet, arrivalMs: 400 });
});
afterAll(() => gateway.stop());
beforeEach(() => {
  seen.length = 0;
  asked.length = 0;
});

/** Sends exactly this, which `fetch` would tidy up. */
async function raw(path: string, options: object = {}, write = (r: ClientRequest): unknown => r.end()) {
  const { hostname, port } = new URL(gateway.url);
  const sent = request({ hostname, port, path, ...options });
  write(sent);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return { status: response.statusCode, headers: response.headers, body: await text(response) };
}

describe('a request', () => {
  it('reaches the function of the most particular route, as payload 2.0', async () => {
    expect((await raw('/v1/spelt')).body).toBe('GET /v1/spelt');
    await raw('/v1/a%20b%2Fc?x=1&x=2&y=%C3%A9&__proto__=z', {
      headers: { 'X-One': ['1', '2'], cookie: 'a=1; b=2' },
    });
    expect(seen[1]).toMatchObject({
      version: '2.0',
      routeKey: 'GET /v1/{thing}',
      pathParameters: { thing: 'a b/c' },
      queryStringParameters: { x: '1,2', y: 'é' },
      headers: { 'x-one': '1, 2' },
      cookies: ['a=1', 'b=2'],
      isBase64Encoded: false,
      requestContext: { http: { method: 'GET' }, stage: '$default' },
    });
    expect(seen[1]!.headers).not.toHaveProperty('cookie');
  });

  it.each([
    ['text', { 'content-type': 'application/json' }, Buffer.from('{"é":1}'), false],
    ['text that is no UTF-8', { 'content-type': 'application/json' }, Buffer.from([0x22, 0xff, 0x22]), true],
    [
      'zipped',
      { 'content-type': 'application/json', 'content-encoding': 'gzip' },
      Buffer.from([31, 139]),
      true,
    ],
    ['of another type', { 'content-type': 'application/x-ndjson' }, Buffer.from('{}'), true],
  ])('brings a body that is %s byte for byte', async (_, headers, bytes, encoded) => {
    await raw('/v1/a/b', { method: 'POST', headers }, (r) => r.end(bytes));
    expect(seen[0]!.isBase64Encoded).toBe(encoded);
    expect(Buffer.from(seen[0]!.body!, encoded ? 'base64' : 'utf8')).toEqual(bytes);
  });

  it.each(['/', '/v1', '/v1/', '/v1/a/b', '/v1/../v1/spelt', '//v1/spelt', '/v1/spelt/'])(
    'for %s finds nothing',
    async (path) => {
      expect(await raw(path)).toMatchObject({ status: 404, body: '{"message":"Not Found"}' });
    },
  );

  it('that cannot be decoded is refused', async () => expect((await raw('/v1/%zz')).status).toBe(400));

  it('that breaks the function learns nothing of why', async () => {
    expect(await raw('/broken')).toMatchObject({ status: 500, body: '{"message":"Internal Server Error"}' });
  });
});

describe('the authorizer', () => {
  const guarded = async (authorization?: string) =>
    (await raw('/guarded', authorization === undefined ? {} : { headers: { authorization } })).status;

  it('is not asked where the header is missing', async () => {
    expect([await guarded(), await guarded('')]).toEqual([401, 401]);
    expect(asked).toEqual([]);
  });

  it('is believed for its time, whatever it said, and hands on what it knows', async () => {
    expect([await guarded('me'), await guarded('me'), await guarded('you'), await guarded('you')]).toEqual([
      200, 200, 403, 403,
    ]);
    expect(asked).toEqual(['me', 'you']);
    expect(seen[0]!.requestContext).toMatchObject({ authorizer: { lambda: { caller: 'me' } } });
    await new Promise((wake) => setTimeout(wake, authorizer.ttlMs + 50));
    await guarded('me');
    expect(asked).toHaveLength(3);
  });

  it('that fails is asked again', async () => {
    expect([await guarded('down'), await guarded('down')]).toEqual([500, 500]);
    expect(asked).toHaveLength(2);
  });
});

describe('what is too large or too slow', () => {
  const post = { method: 'POST', headers: { 'content-type': 'text/plain' } };

  it('is a body that says so, or turns out so', async () => {
    const claimed = { ...post, headers: { ...post.headers, 'content-length': String(LARGEST_BODY + 1) } };
    expect((await raw('/v1/a/b', claimed, (r) => r.flushHeaders())).status).toBe(413);
    const chunk = Buffer.alloc(1 << 20, 'x');
    const grows = await raw('/v1/a/b', post, (r) => {
      r.on('error', () => {});
      for (let i = 0; i <= 10; i++) r.write(chunk);
    });
    expect(grows).toMatchObject({ status: 413, headers: { connection: 'close' } });
    expect(seen).toEqual([]);
  });

  it('is 10 KB of headers', async () => {
    expect((await raw('/v1/spelt', { headers: { 'x-large': 'x'.repeat(11_000) } })).status).toBe(431);
  });

  it('is a body that never comes', async () => {
    const slow = await raw('/v1/a/b', post, (r) => {
      r.on('error', () => {});
      r.write('begun');
    });
    expect([400, 408]).toContain(slow.status);
    expect(seen).toEqual([]);
  });
});

describe('a page of another site', () => {
  it('may call where the template names it', async () => {
    const preflight = await raw('/v1/spelt', { method: 'OPTIONS', headers: { origin: site } });
    expect(preflight).toMatchObject({
      status: 204,
      headers: {
        'access-control-allow-origin': site,
        'access-control-allow-methods': 'GET,POST',
        'access-control-max-age': '60',
      },
    });
    expect(
      (await raw('/v1/spelt', { headers: { origin: site } })).headers['access-control-allow-origin'],
    ).toBe(site);
  });

  it.each([{ origin: 'https://evil.example.com' }, { origin: 'null' }, { host: 'evil.example.com' }])(
    'may not otherwise: %j',
    async (headers) => {
      const answer = await raw('/v1/spelt', { headers });
      expect(answer.status).toBe(403);
      expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
    },
  );
});

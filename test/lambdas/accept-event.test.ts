/** The API as its callers see it: every status, every kind of bad input. */
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { POST_LIMITS } from '../../core/api/body.ts';
import { type Api, startApi } from './api.ts';

const user = (id: number, more: object = {}) => ({
  user_id: id,
  age: 28,
  gender: 'M',
  device: 'Mobile',
  ...more,
});
const good = JSON.stringify(user(1001));
const view = JSON.stringify({ user_id: 1, item_id: 2, view_mode: 'view', timestamp: '2026-01-27T10:30:00' });
const USERS = '/v1/recomart/users';
const VIEWS = '/v1/recomart/transactions';

let api: Api;
beforeAll(async () => {
  api = await startApi();
}, 60_000);
afterAll(() => api?.[Symbol.asyncDispose]());
beforeEach(() => {
  api.taken();
});

describe('a post of events', () => {
  it('is on its way as it came when all is good', async () => {
    const text = '{ "user_id": 12345678901234567890, "age":28.0,"gender":"M","device":"Mobile","extra":1.10}';
    const { status, type, body } = await api.post(USERS, `[${text},${good}]`);
    expect({ status, type }).toEqual({ status: 202, type: 'application/json' });
    expect(body.accepted.map(({ event }: { event: number }) => event)).toEqual([0, 1]);
    const [message, ...others] = api.taken();
    expect(others).toEqual([]);
    expect(message).toMatchObject({
      dataset: 'recomart.users',
      part: 0,
      events: [
        [0, text],
        [1, good],
      ],
    });
    expect(body.accepted[1].receipt).toBe(`${message!.post}.0.1`);
  });

  it('takes good and bad ones along, and says which are which', async () => {
    const { status, body } = await api.post(USERS, `${good}\nbroken\n{"user_id":"x"}\n`, {
      headers: { 'content-type': 'application/x-ndjson' },
    });
    expect(status).toBe(207);
    expect(body.accepted).toHaveLength(1);
    expect(body.refused).toMatchObject([
      { event: 1, problems: [{ path: '[1]', reason: 'malformed_row' }] },
      {
        event: 2,
        problems: [{ path: '[2].user_id', reason: 'pattern_mismatch', got: 'string' }, {}, {}, {}],
      },
    ]);
    expect(api.taken().flatMap(({ events }) => events)).toHaveLength(3);
  });

  it('answers 422 when nothing is good, and keeps it for the quarantine', async () => {
    const { status, type, body } = await api.post(
      USERS,
      '{"user_id":1,"age":0,"gender":"M","device":"Mobile"}',
    );
    expect({ status, type }).toEqual({ status: 422, type: 'application/problem+json' });
    expect(body.refused[0].receipt).toBeDefined();
    expect(api.taken()).toHaveLength(1);
  });

  it('takes nothing in with atomic=true when anything is bad', async () => {
    expect(await api.post(`${USERS}?atomic=true`, `[${good},{}]`)).toMatchObject({ status: 422 });
    expect(api.taken()).toEqual([]);
    expect(await api.post(`${USERS}?atomic=true`, `[${good}]`)).toMatchObject({ status: 202 });
    expect(await api.post(`${USERS}?atomic=perhaps`, `[${good}]`)).toMatchObject({ status: 400 });
  });

  it('of the same content is the same post where the dataset has a key, and another where it has none', async () => {
    const receipts = async (path: string, body: string) => (await api.post(path, body)).body.accepted;
    expect(await receipts(USERS, good)).toEqual(await receipts(USERS, ` ${good} `));
    expect(await receipts(VIEWS, view)).not.toEqual(await receipts(VIEWS, view));
  });

  it('of 1,000 events goes in few messages', async () => {
    const events = Array.from({ length: 1000 }, (_, i) => user(i));
    expect(await api.post(USERS, JSON.stringify(events))).toMatchObject({ status: 202 });
    const messages = api.taken();
    expect(messages.length).toBeLessThan(3);
    expect(messages.flatMap(({ events }) => events.map(([index]) => index))).toEqual(events.map((_, i) => i));
  });

  it('may be zipped', async () => {
    const zipped = { headers: { 'content-encoding': 'gzip' } };
    expect(await api.post(USERS, gzipSync(good), zipped)).toMatchObject({ status: 202 });
    expect(api.taken()[0]!.events).toEqual([[0, good]]);
  });

  it('answers 500 without a word about it when the queue is away, and can be repeated', async () => {
    api.failing.next = 1;
    const failed = await api.post(USERS, good);
    expect(failed).toMatchObject({
      status: 500,
      type: 'application/problem+json',
      body: { type: 'urn:wharf:problem:internal' },
    });
    expect(JSON.stringify(failed.body)).not.toMatch(/queue|Error|\.ts/);
    expect(await api.post(USERS, good)).toMatchObject({ status: 202 });
  });
});

describe('bad input', () => {
  const deep = `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`;
  const tooMany = `[${Array(1001).fill('{}')}]`;
  const large = `[${JSON.stringify(user(1, { note: 'x'.repeat(POST_LIMITS.bytes) }))}]`;
  const type = (value: string) => ({ headers: { 'content-type': value } });
  const coded = (value: string) => ({ headers: { 'content-encoding': value } });

  it.each<[string, number, string, RequestInit['body'], object?]>([
    ['nothing', 400, 'no-events', ''],
    ['an empty list', 400, 'no-events', '[]'],
    ['JSON that is broken off', 400, 'malformed-json', `[${good},{"user_id"`],
    ['a text', 400, 'malformed-json', '"x"'],
    ['deep nesting', 400, 'nesting-too-deep', deep],
    ['a list of deep nesting', 400, 'nesting-too-deep', '['.repeat(1_000_000)],
    ['bytes that are no UTF-8', 400, 'malformed-encoding', Buffer.from('{"a":"\xff"}', 'latin1')],
    ['what claims to be zipped', 400, 'malformed-encoding', good, coded('gzip')],
    ['a zip broken off', 400, 'malformed-encoding', gzipSync(good).subarray(0, 20), coded('gzip')],
    ['a zip bomb', 413, 'too-large', gzipSync(Buffer.alloc(200_000_000)), coded('gzip')],
    ['more than 5 MB', 413, 'too-large', large],
    ['an event larger than a message', 413, 'too-large', JSON.stringify(user(1, { x: 'x'.repeat(300_000) }))],
    ['1,001 events', 413, 'too-many-events', tooMany],
    ['another encoding', 415, 'unsupported-type', good, coded('br')],
    ['a form', 415, 'unsupported-type', good, type('application/x-www-form-urlencoded')],
    ['no type', 415, 'unsupported-type', Buffer.from(good), type('')],
    ['a key that is empty', 400, 'malformed-request', good, { headers: { 'idempotency-key': ' ' } }],
    [
      'a key that is too long',
      400,
      'malformed-request',
      good,
      { headers: { 'idempotency-key': 'x'.repeat(256) } },
    ],
  ])('%s is refused with %i %s, and nothing is taken in', async (_, status, kind, body, init = {}) => {
    const answer = await api.post(USERS, body, init);
    expect(answer).toMatchObject({
      status,
      type: 'application/problem+json',
      body: {
        type: `urn:wharf:problem:${kind}`,
        status,
        title: expect.any(String),
        detail: expect.any(String),
      },
    });
    expect(api.taken()).toEqual([]);
  });

  it.each([
    ['a name twice', '{"user_id":1,"age":28,"age":29,"gender":"M","device":"Mobile"}', 'malformed_row'],
    [
      'half a character',
      '{"user_id":1,"age":28,"gender":"M","device":"Mobile","n":"\\ud800"}',
      'malformed_row',
    ],
    [
      'a number beyond all numbers',
      '{"user_id":1,"age":1e400,"gender":"M","device":"Mobile"}',
      'type_mismatch',
    ],
    ['a list for a number', '{"user_id":1,"age":[28],"gender":"M","device":"Mobile"}', 'type_mismatch'],
  ])('%s in an event is its refusal', async (_, text, reason) => {
    const { status, body } = await api.post(USERS, text);
    expect(status).toBe(422);
    expect(body.refused[0].problems[0].reason).toBe(reason);
  });

  it('gains nothing by names of prototypes', async () => {
    const text =
      '{"user_id":1,"age":28,"gender":"M","device":"Mobile","__proto__":{"age":1},"constructor":null}';
    expect(await api.post(USERS, text)).toMatchObject({ status: 202 });
    expect(api.taken()[0]!.events).toEqual([[0, text]]);
    for (const path of ['/v1/__proto__/constructor', '/v1/recomart/__proto__', '/v1/toString/x'])
      expect(await api.post(path, good)).toMatchObject({ status: 404 });
    expect(await api.get('/v1/deliveries?__proto__=1&constructor=2')).toMatchObject({ status: 200 });
  });

  it.each([
    '/v1/recomart/..%2f..%2fusers',
    '/v1/recomart/%2e%2e',
    '/v1/recomart%2Fusers/x',
    '/v1/recomart/users%00',
  ])('a path such as %s leads nowhere', async (path) =>
    expect((await api.post(path, good)).status).toBe(404),
  );
});

describe('an Idempotency-Key', () => {
  const under = (key: string, more: object = {}) => ({ headers: { 'idempotency-key': key }, ...more });

  it('gives the same answer again, by the same post, for its caller', async () => {
    const first = await api.post(VIEWS, view, under('a'));
    const again = await api.post(VIEWS, view, under('a'));
    expect(again).toMatchObject({ status: first.status, body: first.body });
    const [one, two] = api.taken();
    expect(two).toMatchObject({ post: one!.post, part: one!.part, events: one!.events });
    const key = await api.make(['*:write']);
    expect((await api.post(VIEWS, view, under('a', { key }))).body).not.toEqual(first.body);
  });

  it('holds when two come at once', async () => {
    const bodies = await Promise.all(
      Array.from({ length: 8 }, () => api.post(VIEWS, view, under('at-once'))),
    );
    expect(bodies.map(({ status }) => status)).toEqual(bodies.map(() => 202));
    expect(new Set(bodies.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    expect(new Set(api.taken().map(({ post }) => post)).size).toBe(1);
  });

  it('keeps a post that got no further than the ledger: the next try sends it', async () => {
    api.failing.next = 1;
    expect(await api.post(VIEWS, view, under('crash'))).toMatchObject({ status: 500 });
    const { status, body } = await api.post(VIEWS, view, under('crash'));
    expect(status).toBe(202);
    expect(body.accepted[0].receipt).toBe(`${api.taken()[0]!.post}.0.0`);
  });

  it('belongs to one request: another body, dataset or atomic is refused', async () => {
    await api.post(VIEWS, view, under('b'));
    api.taken();
    for (const [path, body] of [
      [VIEWS, `[${view}]`],
      [USERS, view],
      [`${VIEWS}?atomic=true`, view],
    ] as const)
      expect(await api.post(path, body, under('b'))).toMatchObject({
        status: 422,
        body: { type: 'urn:wharf:problem:key-reused' },
      });
    expect(api.taken()).toEqual([]);
  });

  it('is forgotten after 24 hours, and no sooner', async () => {
    const first = await api.post(VIEWS, view, under('day'));
    api.clock.ahead = 24 * 3600_000 - 5000;
    expect((await api.post(VIEWS, view, under('day'))).body).toEqual(first.body);
    api.clock.ahead = 24 * 3600_000 + 5000;
    const later = await api.post(VIEWS, `[${view},${view}]`, under('day'));
    api.clock.ahead = 0;
    expect(later.status).toBe(202);
    expect(new Set(api.taken().map(({ post }) => post)).size).toBe(2);
  });

  it('gives even a refusal again', async () => {
    const first = await api.post(VIEWS, '{}', under('c'));
    expect(first.status).toBe(422);
    expect((await api.post(VIEWS, '{}', under('c'))).body).toEqual(first.body);
  });
});

describe('who may', () => {
  it('is nobody without a key, on a laptop too', async () => {
    for (const key of [null, 'x', `${api.admin.slice(0, -1)}_`, api.admin.replace('wharf_', 'wharf-')]) {
      const { status } = await api.post(USERS, good, { key });
      expect(status).toBe(key === null ? 401 : 403);
    }
    expect(await api.get('/v1/datasets', { key: null })).toMatchObject({ status: 401 });
    for (const path of ['/health', '/docs', '/openapi.json'])
      expect((await api.get(path, { key: null })).status).toBe(200);
    expect(api.taken()).toEqual([]);
  });

  it('is said by the scopes of the key, for each dataset and direction', async () => {
    const key = await api.make(['recomart.users:write', 'retailos.*:read']);
    expect(await api.post(USERS, good, { key })).toMatchObject({ status: 202 });
    expect(await api.post(VIEWS, view, { key })).toMatchObject({ status: 404 });
    expect(await api.post('/v1/retailos/stores', '{}', { key })).toMatchObject({ status: 403 });
    expect(await api.get('/v1/deliveries?dataset=recomart.users', { key })).toMatchObject({ status: 404 });
    expect(await api.get('/v1/deliveries?dataset=retailos.stores', { key })).toMatchObject({ status: 200 });
    const { body } = await api.get('/v1/datasets', { key });
    expect(body.datasets).toContainEqual(
      expect.objectContaining({ dataset: 'recomart.users', read: false, write: true }),
    );
    expect(body.datasets.map(({ dataset }: { dataset: string }) => dataset.split('.')[0])).not.toContain(
      'stockgrip',
    );
  });

  it('is nobody with a key that was revoked, once the authorizer’s word has expired', async () => {
    await using quick = await startApi({ wharf: { api: { authorizerTtl: 0 } } });
    const { id, text } = await quick.keys.make({ name: 'till', scopes: ['*:write'] });
    expect(await quick.post(USERS, good, { key: text })).toMatchObject({ status: 202 });
    await quick.keys.revoke(id);
    expect(await quick.post(USERS, good, { key: text })).toMatchObject({ status: 403 });
  });

  it('is remembered as a hash only', async () => {
    const text = await api.make(['*:read']);
    const secret = text.split('_').slice(2).join('_');
    expect(JSON.stringify(await api.keys.list())).not.toContain('hash');
    const { DynamoDBClient, ScanCommand } = await import('@aws-sdk/client-dynamodb');
    const client = new DynamoDBClient({
      endpoint: api.cloud.endpoints.dynamodb,
      region: 'us-east-1',
      credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
    });
    const { Items } = await client.send(new ScanCommand({ TableName: api.env.WHARF_LEDGER_TABLE }));
    client.destroy();
    expect(Items!.length).toBeGreaterThan(1);
    expect(JSON.stringify(Items)).not.toContain(secret);
  });

  it('posts so many events and no more, until Retry-After', async () => {
    const key = await api.make(['*:write'], 3);
    const batch = `[${Array(10).fill(view)}]`;
    const answers = [];
    for (let i = 0; i < 8; i++) answers.push(await api.post(VIEWS, batch, { key }));
    const limited = answers.filter(({ status }) => status === 429);
    // Three a second are thirty in a window of ten seconds; the eight posts may fall into two windows.
    expect(answers.length - limited.length).toBeLessThanOrEqual(6);
    expect(limited.length).toBeGreaterThan(0);
    const wait = Number(limited[0]!.headers.get('retry-after'));
    expect(wait).toBeGreaterThanOrEqual(1);
    expect(wait).toBeLessThanOrEqual(10);
    expect(limited[0]!.body.type).toBe('urn:wharf:problem:rate-limited');
  });
});

describe('the routes of RecoMart', () => {
  it('answer as its document says', async () => {
    expect(await api.post('/users', good)).toMatchObject({
      status: 201,
      body: { status: 'accepted', user_id: 1001 },
    });
    expect(await api.get('/health', { key: null })).toMatchObject({
      status: 200,
      body: { status: 'healthy' },
    });
    expect(await api.post('/transactions', view)).toMatchObject({
      status: 201,
      body: { status: 'accepted', user_id: 1 },
    });
    expect(api.taken().map(({ dataset }) => dataset)).toEqual(['recomart.users', 'recomart.transactions']);
  });

  it.each([
    '{"user_id":1,"item_id":2,"view_mode":"view"}',
    '{"timestamp":null,"user_id":1,"item_id":2,"view_mode":"view"}',
  ])('take the time of arrival for %s', async (text) => {
    const before = new Date().toISOString();
    expect((await api.post('/transactions', text)).status).toBe(201);
    const { timestamp } = JSON.parse(api.taken()[0]!.events[0]![1]) as { timestamp: string };
    expect(timestamp >= before && timestamp <= new Date().toISOString()).toBe(true);
  });

  it('refuse what its document refuses, and lists', async () => {
    for (const [text, status] of [
      ['{"user_id":1,"age":0,"gender":"M","device":"Mobile"}', 422],
      ['{"user_id":1,"age":1,"gender":"X","device":"Mobile"}', 422],
      ['{}', 422],
      [`[${good}]`, 400],
    ] as const)
      expect((await api.post('/users', text)).status).toBe(status);
  });
});

describe('files, receipts and deliveries', () => {
  it('gives an address to upload to, and what is put there becomes a delivery', async () => {
    const file = 'store_id,store_name,city,region\nS1,One,Leeds,North\n';
    const asked = { name: 'north/s.csv', size: file.length, type: 'text/csv' };
    const { status, body } = await api.post('/v1/retailos/stores/files', JSON.stringify(asked));
    expect(status).toBe(201);
    expect(new URL(body.url).searchParams.get('X-Amz-SignedHeaders')).toBe(
      'content-length;content-type;host',
    );
    const put = await fetch(body.url, {
      method: body.method,
      body: file,
      headers: { 'content-type': 'text/csv' },
    });
    expect(put.status).toBe(200);
    await api.cloud.idle();
    const { body: listed } = await api.get('/v1/deliveries?dataset=retailos.stores&limit=1');
    expect(listed.deliveries).toMatchObject([{ key: body.key, state: 'committed', accepted: 1 }]);
    expect(listed.deliveries[0]).not.toHaveProperty('bucket');
  });

  it.each([
    ['{"name":"../x","size":1,"type":"text/csv"}', 400],
    ['{', 400],
    ['null', 400],
    ['{"name":"a","size":1e12,"type":"text/csv"}', 413],
  ])('refuses to give one for %s', async (body, status) =>
    expect((await api.post('/v1/retailos/stores/files', body)).status).toBe(status),
  );

  it('says of a receipt where its event is', async () => {
    const { body } = await api.post(USERS, good);
    const { receipt } = body.accepted[0];
    expect(await api.get(`/v1/receipts/${receipt}`)).toMatchObject({
      status: 200,
      body: { receipt, state: 'queued' },
    });
    for (const id of ['x', '..%2f..', `${receipt}.0`])
      expect(await api.get(`/v1/receipts/${id}`)).toMatchObject({ status: 404 });
  });

  it.each(['0', '101', 'x', '1.5', ''])('refuses a limit of %p', async (limit) => {
    expect((await api.get(`/v1/deliveries?limit=${limit}`)).status).toBe(400);
  });
});

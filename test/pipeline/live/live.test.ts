/** Live orders on the local cloud: the stack's own routes, authorizer, queues and functions. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { GetQueueAttributesCommand, ListQueuesCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import { startLocalCloud } from '../../../local/cloud.ts';
import { Keys } from '../../../platform/api/keys.ts';
import { awsClients } from '../../../platform/aws.ts';
import { DriftStore } from '../../../platform/drift/store.ts';
import { until } from '../../cli/support.ts';
import { approved } from '../../support/approved.ts';
import { testTemplate } from '../support.ts';
import { connect, opened, refusal } from './support.ts';

const DATASET = 'retailos.streaming_orders';
const ACCEPT = 'lambdas/accept-event/handler.ts';
const SERVE = 'lambdas/live/handler.ts';

const order = (order_id: number, more: object = {}) => ({
  ...{ order_id, timestamp: '2026-02-13T17:28:07', product_id: 234, customer_id: 5678, store_id: 12 },
  ...{ quantity: 3, price: 2499.99, payment_method: 'UPI', order_source: 'App', ...more },
});

let state: string;
let cloud: Awaited<ReturnType<typeof startLocalCloud>>;
let keys: Keys;
let admin: string;
const key = async (...scopes: string[]) => (await keys.make({ name: 'test', scopes })).text;
const enter = (as = admin) => connect(cloud.ws!, as);
const subscribe = { action: 'subscribe', datasets: [DATASET] };

async function post(...orders: object[]): Promise<number> {
  const response = await fetch(`${cloud.api}/v1/retailos/streaming_orders`, {
    method: 'POST',
    headers: { authorization: `Bearer ${admin}`, 'content-type': 'application/json' },
    body: JSON.stringify(orders.length === 1 ? orders[0] : orders),
  });
  await response.arrayBuffer();
  return response.status;
}

beforeAll(async () => {
  state = await mkdtemp(join(tmpdir(), 'wharf-live-'));
  cloud = await startLocalCloud({
    state,
    windowMs: 50,
    template: await testTemplate(),
    log: { info: () => {}, warn: () => {}, error: () => {} },
  });
  const env = cloud.env(ACCEPT);
  keys = new Keys(awsClients(env).dynamodb, env.WHARF_LEDGER_TABLE!);
  admin = await key('admin');
}, 60_000);
afterAll(async () => {
  await cloud?.stop();
  await rm(state, { recursive: true, force: true });
});

describe('a client', () => {
  it('comes in with a key in the header, or as a browser does with one as a subprotocol', async () => {
    const program = await enter();
    const browser = await opened(new WebSocket(cloud.ws!, ['wharf', admin]));
    expect(browser.socket.protocol).toBe('wharf');
    for (const client of [program, browser]) {
      expect(await client.ask({ action: 'ping' })).toMatchObject({ type: 'pong' });
      await client.end();
    }
  });

  it('stays outside with 401 without a key, or with one that is wrong, revoked or in the address', async () => {
    const revoked = await keys.make({ name: 'old', scopes: ['admin'] });
    await keys.revoke(revoked.id);
    const bearer = (text: string) => ({ headers: { authorization: `Bearer ${text}` } });
    const wrong = admin.replace(/.$/, (last) => (last === 'x' ? 'y' : 'x'));
    for (const options of [{}, bearer('x'), bearer(wrong), bearer(revoked.text)])
      expect(await refusal(cloud.ws!, options)).toBe(401);
    expect(await refusal(cloud.ws!, {}, ['wharf', wrong])).toBe(401);
    expect(await refusal(`${cloud.ws}?key=${admin}`)).toBe(401);
  });

  it('stays outside with 403 as a page of another site', async () => {
    const headers = { authorization: `Bearer ${admin}`, origin: 'https://evil.example.com' };
    expect(await refusal(cloud.ws!, { headers })).toBe(403);
  });
});

describe('a subscriber', () => {
  it('hears each order that is accepted, in canonical form, and no refused one', async () => {
    const client = await enter();
    expect(await client.ask(subscribe)).toMatchObject({ type: 'subscribed', datasets: [DATASET] });
    expect(await post(order(1), { order_id: 2, price: 'no price' })).toBe(207);
    await until('the order is heard', () => client.events().length > 0);
    await post(order(3));
    await until('the next order is heard', () => client.events().length > 1);
    expect(client.events()).toEqual([
      {
        ...{ order_id: '1', timestamp: '2026-02-13T17:28:07.000000Z', product_id: '234' },
        ...{ customer_id: '5678', store_id: '12', quantity: 3, price: '2499.9900' },
        ...{ payment_method: 'UPI', order_source: 'App' },
      },
      expect.objectContaining({ order_id: '3' }),
    ]);
    await client.end();
  });

  it('hears what passes its filter, and nothing once it has unsubscribed', async () => {
    const [all, some] = [await enter(), await enter()];
    await all.ask(subscribe);
    await some.ask({ ...subscribe, filter: { store_id: [77, 'S9'], payment_method: 'Cash' } });
    await post(
      order(10, { store_id: 77, payment_method: 'Cash' }),
      order(11, { store_id: 77 }),
      order(12, { store_id: 'S9', payment_method: 'Cash' }),
    );
    await until('all are heard', () => all.events().length === 3);
    await until('the filtered are heard', () => some.events().length === 2);
    expect(some.events().map((one) => one.order_id)).toEqual(['10', '12']);
    expect(await some.ask({ action: 'unsubscribe' })).toMatchObject({ type: 'unsubscribed' });
    await post(order(13, { store_id: 77, payment_method: 'Cash' }));
    await until('the last is heard', () => all.events().length === 4);
    await cloud.idle();
    expect(some.events()).toHaveLength(2);
    await Promise.all([all.end(), some.end()]);
  });

  it('is shown the last hundred, the newest last, and misses none that come meanwhile', async () => {
    await post(...Array.from({ length: 120 }, (_, i) => order(1_000 + i)));
    await cloud.idle();
    const first = await enter();
    const { recent } = await first.ask(subscribe);
    expect(recent[DATASET].map((one: { order_id: string }) => one.order_id)).toEqual(
      Array.from({ length: 100 }, (_, i) => String(1_020 + i)),
    );
    await first.end();
    // Orders come while clients do: each client hears of each of them, in the hundred or after it.
    let n = 2_000;
    const posting = (async () => {
      while (n < 2_040) await post(order(n++));
    })();
    const clients = await Promise.all(
      Array.from({ length: 5 }, async (_, i) => {
        await sleep(i * 20);
        const client = await enter();
        return { client, answer: await client.ask(subscribe) };
      }),
    );
    await posting;
    for (const { client, answer } of clients) {
      const heard = () =>
        new Set([...answer.recent[DATASET], ...client.events()].map((one) => Number(one.order_id)));
      await until('every order is heard', () =>
        Array.from({ length: 40 }, (_, i) => 2_000 + i).every((id) => heard().has(id)),
      );
      await client.end();
    }
  });

  it('to the statistics gets them each second: exact, of what was accepted, each order once', async () => {
    const client = await enter();
    await client.ask({ ...subscribe, send: ['stats'] });
    await until('statistics come', () => client.of('stats').length > 0);
    const before = client.of('stats').at(-1).total;
    await post(order(3_000), order(3_001, { price: '0.01', quantity: 1, store_id: 'only here' }));
    // The very same once more: one post, and so one effect.
    await post(order(3_000), order(3_001, { price: '0.01', quantity: 1, store_id: 'only here' }));
    await until('the orders are counted', () => client.of('stats').at(-1).total.orders > before.orders);
    const { length } = client.of('stats');
    await until('three more seconds pass', () => client.of('stats').length >= length + 3);
    const [one, two, three] = client.of('stats').slice(-3);
    expect(three.total.orders).toBe(before.orders + 2);
    expect((Number(three.total.revenue) - Number(before.revenue)).toFixed(4)).toBe('7499.9800');
    expect(three.by.store_id).toContainEqual({ value: 'only here', orders: 1, revenue: '0.0100' });
    expect(Date.parse(three.minutes.at(-1).minute)).toBeLessThanOrEqual(Date.parse(three.at));
    for (const [a, b] of [
      [one, two],
      [two, three],
    ])
      expect(Date.parse(b.at) - Date.parse(a.at)).toBeGreaterThanOrEqual(900);
    expect(client.events()).toEqual([]);
    await client.end();
  });
});

describe('a bad message', () => {
  let client: Awaited<ReturnType<typeof connect>>;
  beforeAll(async () => {
    client = await enter(await key('retailos.stores:read', `${DATASET}:write`));
  });
  afterAll(() => client.end());
  const problem = (kind: string) => ({ type: `urn:wharf:problem:${kind}`, detail: expect.any(String) });

  it.each([
    ['of an unknown dataset', { ...subscribe, datasets: ['retailos.nothing'] }, 'unknown-dataset'],
    ['of a dataset the key may not see', { ...subscribe, datasets: ['recomart.users'] }, 'unknown-dataset'],
    ['of a dataset the key may only write', subscribe, 'forbidden'],
    ['of a dataset that is not live', { ...subscribe, datasets: ['retailos.stores'] }, 'not-live'],
    ['with an unknown action', { action: 'shout' }, 'unknown-action'],
    ['with a part nobody knows', { action: 'ping', volume: 11 }, 'malformed-request'],
  ])('%s is answered with what is wrong', async (_, message, kind) => {
    expect(await client.ask(message)).toMatchObject(problem(kind));
  });

  it('that is no JSON is answered, and the connection lives on', async () => {
    client.socket.send('{"action":');
    await until('the answer comes', () => client.of('urn:wharf:problem:malformed-json').length === 1);
    expect(await client.ask({ action: 'ping' })).toMatchObject({ type: 'pong' });
  });

  it('quotes nothing of what was sent', async () => {
    await client.ask({ action: 'subscribe', datasets: ['4111111111111111'] });
    expect(JSON.stringify(client.heard)).not.toContain('4111111111111111');
  });
});

describe('a client that misbehaves', () => {
  it('by a message of 1 MB is cut off with 1009, by bytes with 1003', async () => {
    const [large, binary] = [await enter(), await enter()];
    large.socket.send('x'.repeat(1 << 20));
    binary.socket.send(Buffer.from([1, 2, 3]));
    expect([await large.closed, await binary.closed]).toEqual([1009, 1003]);
  });

  it('by a flood is told so and cut off, and nobody else notices', async () => {
    const [flood, other] = [await enter(), await enter()];
    await other.ask(subscribe);
    for (let i = 0; i < 60; i++) flood.socket.send('{"action":"ping"}');
    expect(await flood.closed).toBe(1008);
    expect(flood.of('urn:wharf:problem:too-many-messages')).toHaveLength(1);
    expect(flood.of('pong').length).toBeLessThanOrEqual(40);
    await post(order(4_000));
    await until('the order is heard', () => other.events().length === 1);
    await other.end();
  });

  it('or whose key is revoked is sent away', async () => {
    const { id, text } = await keys.make({ name: 'short', scopes: [`${DATASET}:read`] });
    const [revoked, other] = [await enter(text), await enter()];
    for (const client of [revoked, other]) await client.ask(subscribe);
    await keys.revoke(id);
    await post(order(4_050));
    await until('the order is heard', () => other.events().length === 1);
    expect(await revoked.closed).toBe(1008);
    expect(revoked.events()).toEqual([]);
    await other.end();
  });

  it('by going without a word is forgotten', async () => {
    const [gone, other] = [await enter(), await enter()];
    for (const client of [gone, other]) await client.ask(subscribe);
    gone.socket.terminate();
    await gone.closed;
    await post(order(4_100));
    await until('the order is heard', () => other.events().length === 1);
    await cloud.idle();
    await other.end();
  });
});

it('takes orders in even when nobody can be told of them', async () => {
  const { WHARF_LIVE_QUEUE_URL: url } = cloud.env(ACCEPT);
  expect(url).toBeDefined();
  const { createHandler } = await import('../../../lambdas/accept-event/handler.ts');
  const handler = createHandler({ ...cloud.env(ACCEPT), WHARF_LIVE_QUEUE_URL: `${url}-is-gone` });
  const event = {
    routeKey: 'POST /v1/{domain}/{dataset}',
    pathParameters: { domain: 'retailos', dataset: 'streaming_orders' },
    headers: { 'content-type': 'application/json' },
    requestContext: { authorizer: { lambda: { caller: 'test', scopes: 'admin' } } },
    body: JSON.stringify(order(5_000)),
    isBase64Encoded: false,
  };
  expect(await handler(event as never, { awsRequestId: '' } as never)).toMatchObject({ statusCode: 202 });
});

it('sends no tick on once nobody wants statistics', async () => {
  const client = await enter();
  await client.ask({ ...subscribe, send: ['stats'] });
  await until('statistics come', () => client.of('stats').length > 0);
  await client.end();
  const { sqs } = awsClients(cloud.env(SERVE));
  const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand({ QueueNamePrefix: 'LiveTicks' }));
  expect(QueueUrls.length).toBeGreaterThan(0);
  const waiting = async () => {
    const names = [
      'ApproximateNumberOfMessages',
      'ApproximateNumberOfMessagesDelayed',
      'ApproximateNumberOfMessagesNotVisible',
    ] as const;
    const found = await Promise.all(
      QueueUrls.map((QueueUrl) =>
        sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...names] })),
      ),
    );
    return found
      .flatMap(({ Attributes = {} }) => Object.values(Attributes))
      .reduce((sum, n) => sum + Number(n), 0);
  };
  await until('the last tick is over', async () => (await waiting()) === 0);
  sqs.destroy();
});

describe('a contract with approved changes', () => {
  it('is what events are judged by that are broadcast', async () => {
    const { dynamodb } = awsClients(cloud.env(ACCEPT));
    const drift = new DriftStore(dynamodb, cloud.env(ACCEPT).WHARF_LEDGER_TABLE!);
    const client = await enter();
    await client.ask(subscribe);
    await approved(DATASET, { change: 'values', field: 'order_source', values: ['Kiosk'] }, drift);
    // Who judges in a hurry looks for what was approved every few seconds.
    let id = 880_001;
    await until('an order of a kiosk', async () => {
      await post(order(id++, { order_source: 'Kiosk' }));
      return client.events().some(({ order_source }) => order_source === 'Kiosk');
    });
    await client.end();
    dynamodb.destroy();
  }, 60_000);
});

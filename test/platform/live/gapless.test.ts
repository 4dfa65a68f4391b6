/** Orders and subscribers that come at the same time, on a real table, with waits of chance between all steps. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { random } from '../../../core/generate/random.ts';
import { isLive } from '../../../core/live/model.ts';
import { streamingOrders } from '../../../datasets/retailos/streaming_orders.ts';
import { createTables, startDynamoDb } from '../../../local/services/dynamodb.ts';
import { awsJson } from '../../../platform/aws-json.ts';
import { Broadcaster } from '../../../platform/live/broadcast.ts';
import { serve } from '../../../platform/live/serve.ts';
import { LiveStore } from '../../../platform/live/store.ts';

const credentials = { region: 'us-east-1', accessKeyId: 'wharf', secretAccessKey: 'wharf' };
const SEED = Number(process.env.WHARF_SEED ?? Date.now() % 2 ** 31);
const ORDERS = 60;
const CLIENTS = 40;

let folder: string;
let dynamodb: Awaited<ReturnType<typeof startDynamoDb>>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wharf-gapless-'));
  dynamodb = await startDynamoDb(folder, 0);
  const key = (AttributeName: string, KeyType: 'HASH' | 'RANGE') => ({ AttributeName, KeyType });
  await createTables(
    [
      {
        TableName: 'live',
        BillingMode: 'PAY_PER_REQUEST',
        KeySchema: [key('pk', 'HASH'), key('sk', 'RANGE')],
        AttributeDefinitions: ['pk', 'sk'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      },
    ],
    dynamodb.url,
    credentials,
  );
});
afterAll(async () => {
  await dynamodb?.stop();
  await rm(folder, { recursive: true, force: true });
});

const event = (n: number) =>
  JSON.stringify({
    ...{ order_id: n, timestamp: '2026-02-13T17:28:07', product_id: 1, customer_id: 1, store_id: 1 },
    ...{ quantity: 1, price: 1, payment_method: 'UPI', order_source: 'App' },
  });

it(`shows every order to every subscriber, in the last hundred or after it (WHARF_SEED=${SEED})`, async () => {
  if (!isLive(streamingOrders)) throw new Error('not live');
  const contract = streamingOrders;
  const chance = random(SEED);
  // Mostly short, now and then as long as it takes others to do several things.
  const wait = () => sleep(chance.chance(0.2) ? chance.int(0, 100) : chance.int(0, 3));
  const call = awsJson('dynamodb', {
    AWS_REGION: credentials.region,
    AWS_ACCESS_KEY_ID: 'wharf',
    AWS_SECRET_ACCESS_KEY: 'wharf',
    AWS_ENDPOINT_URL_DYNAMODB: dynamodb.url,
  });
  const slow: typeof call = async (operation, input) => {
    await wait();
    const answer = await call(operation, input);
    await wait();
    return answer;
  };
  const store = new LiveStore(slow, 'live');
  const now = () => new Date();
  const heard = new Map<string, Set<string>>();
  const hear = (connection: string, rows: readonly { readonly order_id: string }[]) => {
    for (const { order_id } of rows) heard.get(connection)?.add(order_id);
  };
  // Two instances of the function, which know nothing of each other.
  const broadcasters = [0, 1].map(
    () =>
      new Broadcaster({
        ...{ store, now, still: async () => true },
        connections: {
          async post(connection, body) {
            hear(connection, (JSON.parse(body) as { events: { order_id: string }[] }).events);
            return true;
          },
          close: async () => {},
        },
      }),
  );
  const deps = { store, now, contracts: [contract], find: () => contract, sendTick: async () => {} };
  const selling = async (shop: number) => {
    for (let n = shop; n < ORDERS; n += broadcasters.length) {
      await wait();
      const message = {
        post: `post-${n}`,
        part: 0,
        dataset: contract.name,
        received_at: now().toISOString(),
      };
      await broadcasters[shop]!.take(contract, { ...message, events: [[0, event(n)]] });
    }
  };
  const coming = async (i: number) => {
    await sleep(i * 50);
    const connection = `client-${i}`;
    heard.set(connection, new Set());
    await store.connect(connection, { caller: 'me', scopes: ['admin'] }, now());
    const text = JSON.stringify({ action: 'subscribe', datasets: [contract.name] });
    const answer = await serve(text, { connection, caller: 'me', scopes: ['admin'] }, deps);
    const { recent } = answer as { recent: Record<string, { order_id: string }[]> };
    hear(connection, recent[contract.name]!);
  };
  await Promise.all([
    ...broadcasters.keys().map(selling),
    ...Array.from({ length: CLIENTS }, (_, i) => coming(i)),
  ]);
  const all = Array.from({ length: ORDERS }, (_, n) => String(n)).sort();
  for (const [connection, ids] of heard) expect([connection, [...ids].sort()]).toEqual([connection, all]);
}, 30_000);

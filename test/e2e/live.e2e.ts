/** Live orders through the emulator's WebSocket API, with its policies enforced. */
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import { until } from '../cli/support.ts';
import { opened, refusal } from '../pipeline/live/support.ts';
import { apiAt, type Deployed, deployment, openDeployed } from './deployed.ts';

const { emulator, outputs } = deployment;
const DATASET = 'retailos.streaming_orders';
const order = {
  ...{ order_id: 7, timestamp: '2026-02-13T17:28:07', product_id: 234, customer_id: 5678, store_id: 12 },
  ...{ quantity: 3, price: 2499.99, payment_method: 'UPI', order_source: 'App' },
};

let cloud: Deployed;
let key: string;
beforeAll(async () => {
  cloud = await openDeployed();
  key = await cloud.key('retailos.*:read', 'retailos.*:write');
});
afterAll(() => cloud[Symbol.asyncDispose]());

const url = () => apiAt(emulator, outputs.LiveUrl!, 'live').replace('https:', 'wss:');
const options = async (text: string) => ({
  ca: await readFile(emulator.certificate!),
  headers: { authorization: `Bearer ${text}` },
});

it('an order that is posted is heard by who listens, and lands', async () => {
  const client = await opened(new WebSocket(url(), await options(key)));
  expect(await client.ask({ action: 'subscribe', datasets: [DATASET] })).toMatchObject({
    type: 'subscribed',
  });
  const response = await fetch(`${cloud.api}/v1/${DATASET.replace('.', '/')}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(order),
  });
  expect(response.status).toBe(202);
  await until('the order is heard', () => client.events().length > 0);
  expect(client.events()).toMatchObject([{ order_id: '7', price: '2499.9900' }]);
  await client.end();
  const rows = () => cloud.rows(`SELECT order_id FROM ${DATASET}`);
  await until('the order is in the table', async () => (await rows().catch(() => [])).length > 0);
  expect(await rows()).toEqual([{ order_id: '7' }]);
});

it('nobody comes in without a key', async () => {
  // AWS says 401; MiniStack takes the authorizer's word for a failure.
  expect(await refusal(url(), await options('wrong'))).toBeGreaterThanOrEqual(401);
});

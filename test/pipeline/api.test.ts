/** From the HTTP API to the tables, through everything in between. */
import { expect, it } from '@jest/globals';
import { Keys } from '../../platform/api/keys.ts';
import { awsClients } from '../../platform/aws.ts';
import { broken, user } from './posted.ts';
import { testCloud } from './support.ts';

it('posts land once each, however often they are sent; receipts tell where; bad ones are in the quarantine', async () => {
  await using cloud = await testCloud();
  const env = cloud.cloud.env('lambdas/accept-event/handler.ts');
  const { text: key } = await new Keys(awsClients(env).dynamodb, env.WHARF_LEDGER_TABLE!).make({
    name: 'till',
    scopes: ['recomart.*:write', 'recomart.*:read'],
  });
  const ask = async (path: string, body?: object | string, headers = {}) => {
    const response = await fetch(`${cloud.cloud.api}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
      body: typeof body === 'object' ? JSON.stringify(body) : body,
    });
    // biome-ignore lint/suspicious/noExplicitAny: answers of several shapes
    return { status: response.status, body: (await response.json()) as any };
  };
  const users = [user(1, { note: '🛒 1.10' }), user(2, { age: 0 }), user(3)];
  const posted = await ask('/v1/recomart/users', users);
  expect(posted.status).toBe(207);
  // The same content is the same post; the same key is the same request.
  await ask('/v1/recomart/users', users);
  const view = { user_id: 1, item_id: 2, view_mode: 'view' };
  for (let i = 0; i < 3; i++)
    expect((await ask('/transactions', view, { 'idempotency-key': 'one' })).status).toBe(201);
  expect((await ask('/transactions', view)).status).toBe(201);
  await cloud.idle();

  expect(await cloud.rows('SELECT user_id, _rescued FROM recomart.users ORDER BY user_id')).toEqual([
    { user_id: '1', _rescued: '{"note":"🛒 1.10"}' },
    { user_id: '3', _rescued: null },
  ]);
  expect(await cloud.rows('SELECT raw FROM recomart.users__quarantine')).toEqual([
    { raw: JSON.stringify(users[1]) },
  ]);
  expect(
    await cloud.rows('SELECT count(*) AS n, count(timestamp) AS timed FROM recomart.transactions'),
  ).toEqual([{ n: '2', timed: '2' }]);
  for (const { receipt } of [...posted.body.accepted, ...posted.body.refused])
    expect(await ask(`/v1/receipts/${receipt}`)).toMatchObject({
      status: 200,
      body: { state: 'committed', dataset: 'recomart.users' },
    });
  const { body } = await ask('/v1/deliveries?dataset=recomart.users');
  expect(body.deliveries).toMatchObject([{ state: 'committed', accepted: 2, quarantined: 1 }]);
  for (const dataset of ['recomart.users', 'recomart.transactions'])
    expect(await broken(cloud, dataset)).toEqual([]);
});

/** A delivery undone over the HTTP API, by whoever may. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type TestCloud, testCloud } from './support.ts';

const undo = 'recomart.users:undo';

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await testCloud();
}, 60_000);
afterAll(() => cloud[Symbol.asyncDispose]());

/** @param query such as `?with_replays=true` */
async function ask(id: string, scope: string, body?: string, query = '') {
  const text = await cloud.key(scope);
  const response = await fetch(`${cloud.api}/v1/deliveries/${id}/undo${query}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${text}`, 'content-type': 'application/json' },
    body,
  });
  // biome-ignore lint/suspicious/noExplicitAny: answers of several shapes
  return { status: response.status, body: (await response.json()) as any };
}

it('is asked for, done in its turn, and refused to those who may not or ask for what cannot be', async () => {
  const { delivery } = await cloud.land(
    'recomart.users',
    'a.csv',
    'user_id,age,gender,device\n1,30,F,Mobile\n',
  );

  expect(await ask(delivery, 'recomart.users:write')).toMatchObject({ status: 404 });
  expect(await ask(delivery, 'recomart.products:undo')).toMatchObject({ status: 404 });
  expect(await ask(delivery, 'recomart.users:read')).toMatchObject({ status: 403 });
  expect(await ask('nothing', undo)).toMatchObject({ status: 404 });
  expect(await ask(delivery, undo, '{"why": 1}')).toMatchObject({ status: 400 });
  expect(await cloud.ledger.get(delivery)).toMatchObject({ state: 'committed' });

  const asked = await ask(delivery, undo, '{"reason": "wrong day"}');
  expect(asked).toMatchObject({ status: 202, body: { deliveries: [delivery] } });
  await cloud.idle();
  expect(await cloud.ledger.get(delivery)).toMatchObject({
    ...{ state: 'undone', taken: { revision: asked.body.revision, reason: 'wrong day' } },
  });
  expect(await cloud.rows('SELECT * FROM recomart.users')).toEqual([]);
  const again = await ask(delivery, undo);
  expect(again).toMatchObject({ status: 409, body: { type: 'urn:wharf:problem:not-undoable' } });
}, 60_000);

it('takes along what was replayed of its refused rows where that is asked for', async () => {
  const origin = await cloud.land(
    'recomart.users',
    'b.csv',
    'user_id,age,gender,device\n2,30,F,Mobile\n3,-1,F,Mobile\n',
  );
  const users = async () =>
    (await cloud.rows('SELECT user_id FROM recomart.users')).map((row) => row.user_id);
  const response = await fetch(`${cloud.api}/v1/recomart/users/replays`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await cloud.key('recomart.users:replay')}` },
    body: '{"set": ["age=40"]}',
  });
  const [replay] = ((await response.json()) as { deliveries: string[] }).deliveries;
  await cloud.idle();
  expect((await users()).sort()).toEqual(['2', '3']);
  const asked = await ask(origin.delivery, undo, undefined, '?with_replays=true');
  expect(asked).toMatchObject({ status: 202, body: { deliveries: [origin.delivery, replay] } });
  await cloud.idle();
  expect(await users()).toEqual([]);
  expect(await cloud.ledger.getAll([origin.delivery, replay!])).toMatchObject([
    { state: 'undone' },
    { state: 'undone' },
  ]);
});

/** A delivery undone over the HTTP API, by whoever may. */
import { expect, it } from '@jest/globals';
import { Keys } from '../../platform/api/keys.ts';
import { awsClients } from '../../platform/aws.ts';
import { testCloud } from './support.ts';

it('is asked for, done in its turn, and refused to those who may not or ask for what cannot be', async () => {
  await using cloud = await testCloud();
  const env = cloud.cloud.env('lambdas/accept-event/handler.ts');
  const keys = new Keys(awsClients(env).dynamodb, env.WHARF_LEDGER_TABLE!);
  const ask = async (id: string, scope: string, body?: string) => {
    const { text } = await keys.make({ name: 'desk', scopes: [scope] });
    const response = await fetch(`${cloud.cloud.api}/v1/deliveries/${id}/undo`, {
      method: 'POST',
      headers: { authorization: `Bearer ${text}`, 'content-type': 'application/json' },
      body,
    });
    // biome-ignore lint/suspicious/noExplicitAny: answers of several shapes
    return { status: response.status, body: (await response.json()) as any };
  };
  const undo = 'recomart.users:undo';
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

/** Events from the HTTP API to the tables, through everything in between. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { user } from '../posted.ts';
import type { Part } from './suite.ts';

export const posts: Part = (cloud) =>
  describe('a post', () => {
    let key: string;
    beforeAll(async () => {
      key = await cloud().key('recomart.*:write', 'recomart.*:read');
    });

    const ask = async (path: string, body?: object, headers = {}) => {
      const response = await fetch(`${cloud().api}${path}`, {
        method: body ? 'POST' : 'GET',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
        body: body && JSON.stringify(body),
      });
      // biome-ignore lint/suspicious/noExplicitAny: answers of several shapes
      return { status: response.status, body: (await response.json()) as any };
    };

    it('lands once, however often it is sent; receipts tell where; bad events are in the quarantine', async () => {
      const users = [user(9001, { note: '🛒 1.10' }), user(9002, { age: 0 }), user(9003)];
      const posted = await ask('/v1/recomart/users', users);
      expect(posted).toMatchObject({ status: 207 });
      await cloud().idle();
      // The same content is the same post.
      await ask('/v1/recomart/users', users);
      await cloud().idle();

      expect(
        await cloud().rows(
          `SELECT user_id, _rescued FROM recomart.users WHERE user_id LIKE '900%' ORDER BY user_id`,
        ),
      ).toEqual([
        { user_id: '9001', _rescued: '{"note":"🛒 1.10"}' },
        { user_id: '9003', _rescued: null },
      ]);
      expect(
        await cloud().rows(`SELECT raw FROM recomart.users__quarantine WHERE raw LIKE '%9002%'`),
      ).toEqual([{ raw: JSON.stringify(users[1]) }]);
      for (const { receipt } of [...posted.body.accepted, ...posted.body.refused])
        expect(await ask(`/v1/receipts/${receipt}`)).toMatchObject({
          status: 200,
          body: { state: 'committed', dataset: 'recomart.users' },
        });
      const { body } = await ask('/v1/deliveries?dataset=recomart.users');
      expect(body.deliveries).toContainEqual(
        expect.objectContaining({ state: 'committed', read: 3, accepted: 2, quarantined: 1 }),
      );
    });

    it('on RecoMart’s own route has one effect for each idempotency key, and one for each post without', async () => {
      const view = { user_id: 1, item_id: 2, view_mode: 'view' };
      for (let i = 0; i < 3; i++)
        expect(await ask('/transactions', view, { 'idempotency-key': 'one' })).toMatchObject({ status: 201 });
      expect((await ask('/transactions', view)).status).toBe(201);
      await cloud().idle();
      expect(
        await cloud().rows('SELECT count(*) AS n, count(timestamp) AS timed FROM recomart.transactions'),
      ).toEqual([{ n: '2', timed: '2' }]);
    });

    it('needs a key, whose datasets are all there is to see', async () => {
      const status = async (path: string, headers: Record<string, string>) =>
        (await fetch(`${cloud().api}${path}`, { method: 'POST', headers, body: '{}' })).status;
      const json = { 'content-type': 'application/json' };
      expect(await status('/v1/recomart/users', json)).toBe(401);
      expect(await status('/v1/retailos/stores', { ...json, authorization: `Bearer ${key}` })).toBe(404);
    });
  });

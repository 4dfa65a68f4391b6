import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import type { SQSRecord } from 'aws-lambda';
import { eachRecord } from '../../lambdas/sqs.ts';

const records = (bodies: readonly string[]) => bodies.map((body) => ({ body, messageId: body }) as SQSRecord);

it('handles light messages side by side, the others one after another when those are done', async () => {
  const events: string[] = [];
  let running = 0;
  const most = { light: 0, heavy: 0 };
  const work = eachRecord(
    async ({ body }) => {
      const kind = body.startsWith('light') ? 'light' : 'heavy';
      most[kind] = Math.max(most[kind], ++running);
      await sleep(5);
      running--;
      events.push(kind);
    },
    ({ body }) => body.startsWith('light'),
  );
  const bodies = ['heavy1', 'light1', 'light2', 'heavy2', 'light3', 'light4', 'light5', 'light6'];
  expect(await work(records(bodies))).toEqual([]);
  expect(events).toEqual([...Array<string>(6).fill('light'), 'heavy', 'heavy']);
  expect(most).toEqual({ light: 4, heavy: 1 });
});

it('gives back the messages that failed and no other', async () => {
  const done: string[] = [];
  const work = eachRecord(
    async ({ body }) => {
      if (body.includes('bad')) throw new Error('broken');
      done.push(body);
    },
    ({ body }) => body.startsWith('light'),
  );
  const failed = await work(records(['light bad', 'heavy bad', 'light', 'heavy', 'light bad too']));
  expect(failed.map(({ record }) => record.body).toSorted()).toEqual([
    'heavy bad',
    'light bad',
    'light bad too',
  ]);
  expect(done.toSorted()).toEqual(['heavy', 'light']);
});

/** What failed for good waits; once the cause is mended and the message is sent again, it arrives after all. */
import { expect, it } from '@jest/globals';
import type { Clients } from '../../platform/aws.ts';
import { disturbed } from '../support/requests.ts';
import { testCloud } from './support.ts';
import { books, notice } from './verbs.ts';

/** Clients whose S3 takes no objects while `broken` says so. */
const breakable = (broken: () => boolean) => (clients: Clients) =>
  disturbed(clients, async (send, { name }) => {
    if (name === 'PutObject' && broken())
      throw Object.assign(new Error('the disk is full'), { $metadata: {} });
    return send();
  });

it('a file whose message is sent again after its tries were used up is in the table once', async () => {
  let broken = true;
  await using cloud = await testCloud({ clients: breakable(() => broken) });
  const body = 'user_id,age,gender,device\n1,30,F,Mobile\n';
  const failed = await cloud.land('recomart.users', 'a.csv', body);
  expect(failed).toMatchObject({ state: 'failed', error: 'the disk is full' });
  expect(await cloud.deadLetters()).toBe(1);

  broken = false;
  await cloud.tell(notice(failed));
  await cloud.tell(notice(failed));
  await cloud.idle();
  const mended = (await cloud.ledger.get(failed.delivery))!;
  expect(books(mended)).toMatchObject({ state: 'committed', read: 1, accepted: 1, balanced: true });
  expect(mended.error).toBeFalsy();
  expect(await cloud.rows('SELECT user_id FROM recomart.users')).toEqual([{ user_id: '1' }]);
});

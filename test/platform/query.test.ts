import { expect, it } from '@jest/globals';
import { testCloud } from '../pipeline/support.ts';

it('queries side by side each see a whole table', async () => {
  await using cloud = await testCloud();
  await cloud.land(
    'recomart.users',
    'users.csv',
    'user_id,age,gender,device\n1,30,M,Mobile\n2,40,F,Tablet\n',
  );
  const asked = Array.from({ length: 12 }, () => cloud.rows('SELECT count(*) AS n FROM recomart.users'));
  expect(await Promise.all(asked)).toEqual(Array.from({ length: 12 }, () => [{ n: '2' }]));
});

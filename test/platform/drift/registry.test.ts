import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { briefly } from '../../../platform/drift/registry.ts';

/** Something to look at that changes each time, or fails. */
function changing() {
  let [looks, at, broken] = [0, 0, false];
  const ask = briefly(
    async () => {
      looks += 1;
      if (broken) throw new Error('no answer');
      return looks;
    },
    () => at,
  );
  const after = (ms: number) => {
    at += ms;
    return ask('a.b');
  };
  return { after, looks: () => looks, breaks: (is: boolean) => (broken = is) };
}

it('what was seen a moment ago is not looked at again', async () => {
  const { after, looks } = changing();
  expect([await after(0), await after(1_000), await after(3_999)]).toEqual([1, 1, 1]);
  expect(looks()).toBe(1);
});

it('what is older is looked at anew by one, while nobody waits', async () => {
  const { after, looks } = changing();
  await after(0);
  expect(await Promise.all([after(5_000), after(0), after(0)])).toEqual([1, 1, 1]);
  await turn();
  expect([await after(0), looks()]).toEqual([2, 2]);
});

it('what is too old is waited for', async () => {
  const { after } = changing();
  expect([await after(0), await after(10_000)]).toEqual([1, 2]);
});

it('who looks ahead in vain takes nothing away; who must wait hears of the fault', async () => {
  const { after, breaks } = changing();
  await after(0);
  breaks(true);
  expect(await after(6_000)).toBe(1);
  await turn();
  expect(await after(0)).toBe(1);
  await expect(after(4_000)).rejects.toThrow('no answer');
  breaks(false);
  expect(await after(0)).toBe(5);
});

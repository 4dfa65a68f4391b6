import { existsSync } from 'node:fs';
import { getPriority } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import type { SQSEvent } from 'aws-lambda';
import { type Priority, startThread } from '../../local/threads/thread.ts';

const target = {
  name: 'f',
  entry: 'test/local/fixtures/counting.ts',
  timeoutMs: 1e4,
  memoryMb: 128,
  env: {},
};
const event = (body: string) => ({ Records: [{ messageId: 'm', body }] }) as unknown as SQSEvent;
const open = (env: Record<string, string> = {}, priority: Priority = 'normal') => {
  const thread = startThread(target, { GREETING: 'hello', ...env }, priority);
  const call = async (body: string) =>
    (await thread.handler(event(body), {} as never))?.batchItemFailures[0]?.itemIdentifier;
  return { call, [Symbol.asyncDispose]: () => thread[Symbol.asyncDispose]() };
};

it('a function in a thread has its environment and stays warm', async () => {
  await using thread = open();
  expect([await thread.call(''), await thread.call('')]).toEqual(['m hello 1', 'm hello 2']);
});

it('what it throws is thrown here', async () => {
  await using thread = open();
  await expect(thread.call('refuse')).rejects.toThrow('refused');
  expect(await thread.call('')).toBe('m hello 2');
});

it('a breakdown fails what was under way, and the next call finds it anew', async () => {
  await using thread = open();
  await thread.call('');
  const broken = thread.call('break down');
  await expect(broken).rejects.toThrow('The thread of test/local/fixtures/counting.ts ended');
  expect(await thread.call('')).toBe('m hello 1');
});

it('this thread has its turns while that one works', async () => {
  await using thread = open({ BUSY_MS: '300' });
  let [working, turns] = [true, 0];
  const done = thread.call('').finally(() => {
    working = false;
  });
  for (; working; turns++) await sleep(1);
  await done;
  expect(turns).toBeGreaterThan(10);
});

it('a batch of thousands arrives whole, in its order', async () => {
  await using thread = startThread(target, {}, 'normal');
  const ids = Array.from({ length: 2_003 }, (_, i) => `m${i}`);
  const Records = ids.map((messageId) => ({ messageId, body: 'all' }));
  const answer = await thread.handler({ Records } as unknown as SQSEvent, {} as never);
  expect(answer?.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)).toEqual(ids);
});

const onLinux = existsSync('/proc/thread-self') ? it : it.skip;

onLinux('a thread of low priority gives way, alone of all this process has', async () => {
  await using low = open({}, 'low');
  await using normal = open();
  const own = String(getPriority());
  expect(await normal.call('priority')).toBe(own);
  expect(Number(await low.call('priority'))).toBeGreaterThan(Number(own));
  expect(String(getPriority())).toBe(own);
});

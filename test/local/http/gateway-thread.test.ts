/** The HTTP API in its thread: it answers whatever this one is at, and what it has to say is heard here. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { startLocalCloud } from '../../../local/cloud.ts';
import type { LocalCloud } from '../../../local/model.ts';
import { synthesize } from '../../../local/synth.ts';
import type { Template } from '../../../local/topology/template.ts';
import { quiet, temporaryState } from '../fixtures/bench.ts';

const ACCEPT = 'lambdas/accept-event/handler.ts';
let state: Awaited<ReturnType<typeof temporaryState>>;
let template: Template;
let cloud: LocalCloud;

beforeAll(async () => {
  state = await temporaryState();
  template = await synthesize(state.folder);
  cloud = await startLocalCloud({ state: state.folder, template, log: quiet });
});
afterAll(async () => {
  await cloud.stop();
  await state[Symbol.asyncDispose]();
});

/** Says `ready` once it has an answer; then asks for a second, and tells the longest wait in ms. */
const client = `
const [url] = process.argv.slice(1);
const ask = async () => { const from = performance.now(); await (await fetch(url)).text(); return performance.now() - from; };
await ask();
console.log('ready');
let longest = 0;
for (const end = performance.now() + 1000; performance.now() < end;) longest = Math.max(longest, await ask());
console.log(longest);
`;

it('answers while this thread does nothing but work', async () => {
  const child = spawn(process.execPath, [
    '--input-type=module',
    '--eval',
    client,
    '--',
    `${cloud.api}/health`,
  ]);
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  await once(child.stdout, 'data');
  const stuck = 2_500;
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, stuck);
  await once(child, 'close');
  const [, longest] = said.split('\n');
  expect(Number(longest)).toBeGreaterThan(0);
  expect(Number(longest)).toBeLessThan(stuck / 2);
});

it('is busy as long as it answers', async () => {
  const states: boolean[] = [];
  await using own = await temporaryState();
  const slow = Promise.withResolvers<{ statusCode: number }>();
  const called = Promise.withResolvers<void>();
  const answer = () => async () => {
    called.resolve();
    return slow.promise;
  };
  await using started = await startLocalCloud({
    state: own.folder,
    log: quiet,
    handlers: { [ACCEPT]: answer },
  });
  const request = fetch(`${started.api}/health`);
  await called.promise;
  const idle = started.idle().then(() => states.push(true));
  await new Promise((done) => setTimeout(done, 100));
  expect(states).toEqual([]);
  slow.resolve({ statusCode: 204 });
  expect((await request).status).toBe(204);
  await idle;
});

it('what a function throws is an answer of 500, and told here without its words', async () => {
  const told: unknown[] = [];
  await using own = await temporaryState();
  const log = { ...quiet, error: (...said: unknown[]) => told.push(said) };
  const broken = () => async () => {
    throw new TypeError('Asha Rao has no address');
  };
  await using started = await startLocalCloud({
    ...{ state: own.folder, template, log },
    handlers: { [ACCEPT]: broken },
  });
  const response = await fetch(`${started.api}/health`);
  expect([response.status, await response.json()]).toEqual([500, { message: 'Internal Server Error' }]);
  expect(told).toEqual([
    ['request failed', { route: 'GET', error: expect.objectContaining({ name: 'TypeError' }) }],
  ]);
  expect(JSON.stringify(told)).not.toContain('Asha');
});

it('names the port that is taken', async () => {
  await using own = await temporaryState();
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port: apiPort } = other.address() as { port: number };
  const start = startLocalCloud({ state: own.folder, template, log: quiet, apiPort });
  await expect(start).rejects.toMatchObject({
    code: 'local.port_in_use',
    message: expect.stringContaining('--api-port'),
  });
  other.close();
});

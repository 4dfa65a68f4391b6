/** `wharf keys` beside a running `wharf start`: a key is shown once, works, and ends. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { started, type Workplace, workplace } from './support.ts';

let place: Workplace;
let cloud: Awaited<ReturnType<typeof started>>;
beforeAll(async () => {
  place = await workplace();
  cloud = await started(place);
}, 60_000);
afterAll(() => place?.[Symbol.asyncDispose]());

const ask = (key: string) =>
  fetch(`${cloud.ready.api}/v1/datasets`, {
    headers: { authorization: `Bearer ${key}` },
  });

it('lets whoever started it in', async () => {
  expect((await ask(cloud.ready.apiKey)).status).toBe(200);
});

it('makes a key that allows what was said, lists it without its secret, and ends it', async () => {
  const made = await place.json<{ id: string; key: string }>(
    'keys',
    'make',
    'till 7',
    '--scope',
    'retailos.stores:write',
    'recomart.*:read',
  );
  const answer = (await (await ask(made.key)).json()) as { datasets: { dataset: string; write: boolean }[] };
  expect(answer.datasets.filter(({ write }) => write).map(({ dataset }) => dataset)).toEqual([
    'retailos.stores',
  ]);
  const listed = await place.run('keys', 'list');
  expect(listed.stdout).toContain('till 7');
  expect(listed.stdout).not.toContain(made.key.split('_').slice(2).join('_'));
  expect((await place.run('keys', 'revoke', made.id)).code).toBe(0);
  expect(await place.json('keys', 'list')).toContainEqual(
    expect.objectContaining({ id: made.id, state: 'revoked' }),
  );
});

it.each([
  ['a scope there is not', ['make', 'x', '--scope', 'retailos:all'], 'key.invalid_scope'],
  ['no scope', ['make', 'x'], 'usage.invalid'],
  ['an id there is not', ['revoke', 'nobody'], 'key.unknown'],
])('refuses %s', async (_, args, code) => {
  expect(await place.json('keys', ...args)).toMatchObject({ error: { code } });
});

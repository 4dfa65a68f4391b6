import { expect, it } from '@jest/globals';
import { POST_BEGINNING } from '../../../core/events/model.ts';
import { findDataset } from '../../../datasets/index.ts';
import { type AcceptDeps, acceptPost } from '../../../platform/api/accept.ts';

const view = '{"user_id":1,"item_id":2,"view_mode":"view"}';
const user = '{"user_id":1,"age":28,"gender":"M","device":"Mobile"}';

/** The name that a post gets at a time. */
async function nameAt(ms: number, dataset = 'recomart.transactions', json = view): Promise<string> {
  const posts: string[] = [];
  const send = async (bodies: readonly string[]) => {
    posts.push(...bodies.map((body) => (JSON.parse(body) as { post: string }).post));
  };
  const post = { contract: findDataset(dataset)!, caller: 'me', events: [json], request: json };
  await acceptPost(post, { send, now: () => new Date(ms) } as Partial<AcceptDeps> as AcceptDeps);
  return posts[0]!;
}

const noon = Date.UTC(2026, 10, 21, 12);
const beginning = (name: string) => name.slice(0, POST_BEGINNING);

it('posts that come together have names that begin alike, and no name twice', async () => {
  const names = await Promise.all(Array.from({ length: 500 }, (_, i) => nameAt(noon + (i % 16))));
  expect(new Set(names).size).toBe(500);
  expect([...new Set(names.map(beginning))]).toHaveLength(1);
  for (const name of names) expect(name).toMatch(/^[\w-]{22}$/);
});

it('posts that come one after the other do not', async () => {
  const names = await Promise.all([0, 16, 32, 1_000, 86_400_000].map((ms) => nameAt(noon + ms)));
  expect(new Set(names.map(beginning)).size).toBe(names.length);
});

it('where the dataset has a key, the content is the name at any time', async () => {
  const names = [
    await nameAt(noon, 'recomart.users', user),
    await nameAt(noon + 5_000, 'recomart.users', user),
  ];
  expect(names[0]).toBe(names[1]);
});

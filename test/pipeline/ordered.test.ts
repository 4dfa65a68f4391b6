/** Posts to a dataset whose contract says `ordered`: whatever happens on the way, they are written in their order, once. */
import { randomUUID } from 'node:crypto';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { contract } from '../../core/contract/contract.ts';
import { id, int } from '../../core/contract/fields.ts';
import { random } from '../../core/generate/random.ts';
import { history } from '../../core/lake/history.ts';
import { loadTable } from '../../core/lake/table.ts';
import { createHandler as createAccept } from '../../lambdas/accept-event/handler.ts';
import type { Clients } from '../../platform/aws.ts';
import { type Between, disturbed } from '../support/requests.ts';
import { message, paused, user, worker } from './posted.ts';
import { type TestCloud, testCloud } from './support.ts';
import { attributesOf, deadLettersOf } from './verbs.ts';

const steps = contract('test.steps', {
  describe: 'One step of something.',
  row: z.object({ step: int(), key: id() }),
  key: ['key'],
  ordered: true,
});
const seed = Number(process.env.WHARF_SEED ?? Date.now() % 1_000_000);
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i);

const orderedCloud = (between: Between = (send) => send()) =>
  testCloud({
    contracts: [steps],
    clients: (clients: Clients) => disturbed(clients, between),
    handlers: {
      'lambdas/accept-event/handler.ts': (env) =>
        createAccept(env, { contracts: [steps], find: () => steps }) as never,
    },
  });

/** Posts events, one post after another. */
async function poster(cloud: TestCloud) {
  const key = await cloud.key('test.steps:write');
  return async (...events: readonly object[]): Promise<void> => {
    const { status } = await fetch(`${cloud.api}/v1/test/steps`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(events),
    });
    expect(status).toBe(202);
  };
}

/** Sends a message as `accept-event` would, were it not wrong. */
const put = async (cloud: TestCloud, body: string) =>
  cloud.sqs.send(
    new SendMessageCommand({
      ...{ QueueUrl: cloud.orderedQueue, MessageBody: body },
      ...{ MessageGroupId: steps.name, MessageDeduplicationId: randomUUID() },
    }),
  );

const dead = async (cloud: TestCloud): Promise<number> => {
  const queue = await deadLettersOf(cloud.sqs, cloud.orderedQueue);
  const { ApproximateNumberOfMessages } = await attributesOf(cloud.sqs, queue, 'ApproximateNumberOfMessages');
  return Number(ApproximateNumberOfMessages);
};

/** The steps as a user asks for them in the order of posting. */
const written = async (cloud: TestCloud): Promise<number[]> =>
  (await cloud.rows(`SELECT step FROM ${steps.name} ORDER BY _delivery, _row`)).map(({ step }) =>
    Number(step),
  );

/** Deliveries as readers came to see them: snapshot by snapshot. */
const visible = async ({ catalog, objects }: TestCloud): Promise<string[]> =>
  history((await loadTable(catalog, objects, steps.name))!.metadata)
    .toReversed()
    .flatMap(({ deliveries }) => deliveries.toSorted());

describe('posts to an ordered dataset', () => {
  it(`are written in their order, once, while requests fail, go unheard and are slow (WHARF_SEED=${seed})`, async () => {
    const { next } = random(seed);
    let [failed, calm] = [0, 0];
    await using cloud = await orderedCloud(async (send, { writes }) => {
      if (!writes) return send();
      if (next() < 0.2) await new Promise((resolve) => setTimeout(resolve, 50 * next()));
      // Far enough apart for a message to get through within its five tries.
      if (calm++ < 25 + 25 * next()) return send();
      [failed, calm] = [failed + 1, 0];
      if (next() < 0.5) await send();
      throw new Error('refused, or not answered');
    });
    const post = await poster(cloud);
    const all = upTo(300);
    for (const i of all) await post({ step: i, key: `k${i}` });
    await cloud.idle();
    expect(failed).toBeGreaterThan(5);
    expect(await written(cloud)).toEqual(all);
    expect(await dead(cloud)).toBe(0);
    const deliveries = await visible(cloud);
    expect(deliveries).toEqual(deliveries.toSorted());
    expect((await cloud.audit(steps)).filter(({ severity }) => severity !== 'orphan')).toEqual([]);
  }, 120_000);

  it('are not held up for good by a message nobody can handle: the later ones go on once it is given up', async () => {
    await using cloud = await orderedCloud();
    const post = await poster(cloud);
    for (const i of upTo(25)) {
      if (i === 7) await put(cloud, 'no JSON');
      if (i === 12) await put(cloud, JSON.stringify(message('p', 0, 'recomart.users', [{}])));
      await post({ step: i, key: `k${i}` });
    }
    await cloud.idle();
    expect(await written(cloud)).toEqual(upTo(25));
    expect(await dead(cloud)).toBe(2);
  });

  it('are one where the same is posted again, and the first of a key stays', async () => {
    await using cloud = await orderedCloud();
    const post = await poster(cloud);
    await post({ step: 0, key: 'a' }, { step: 1, key: 'b' });
    await post({ step: 2, key: 'a' });
    for (const _ of upTo(3)) await post({ step: 0, key: 'a' }, { step: 1, key: 'b' });
    await cloud.idle();
    expect(await written(cloud)).toEqual([0, 1]);
    expect(await cloud.rows('SELECT raw, reasons FROM test.steps__quarantine')).toEqual([
      { raw: '{"step":2,"key":"a"}', reasons: ['duplicate_key'] },
    ]);
  });

  it('keep the order within a post that takes several messages', async () => {
    await using cloud = await orderedCloud();
    const post = await poster(cloud);
    const large = (step: number) => ({ step, key: `k${step}`, note: 'x'.repeat(100_000) });
    await post(...upTo(9).map(large));
    await post({ step: 9, key: 'k9' });
    await cloud.idle();
    expect(await written(cloud)).toEqual(upTo(10));
  });
});

describe('two workers that have messages of an ordered dataset', () => {
  const users = 'recomart.users';
  /** One part of a post for each number. */
  const parts = (...numbers: readonly number[]) =>
    numbers.map((n) => ({ ...message('post', n, users, [user(n)]), sequence: 100 + n }));
  const inOrder = async (cloud: TestCloud) => {
    await cloud.idle();
    return (await cloud.rows(`SELECT user_id FROM ${users} ORDER BY _delivery, _row`)).map(({ user_id }) =>
      Number(user_id),
    );
  };

  it('write nothing that stands behind what the other is at', async () => {
    await using cloud = await testCloud();
    const slow = paused();
    const first = worker(cloud, {}, slow.clients)(parts(0));
    await slow.reached;
    expect(await worker(cloud)(parts(0, 1))).toEqual(['post.0', 'post.1']);
    slow.go();
    expect(await first).toEqual([]);
    expect(await worker(cloud)(parts(0, 1, 2))).toEqual([]);
    expect(await inOrder(cloud)).toEqual([0, 1, 2]);
  });

  it('do not share them out', async () => {
    await using cloud = await testCloud();
    const [one, other] = [worker(cloud), worker(cloud)];
    for (const round of upTo(12)) {
      const ten = parts(...upTo(10).map((i) => 10 * round + i));
      const rivals = async (work: typeof one) => {
        let left = await work(ten);
        while (left.length > 0) left = await work(ten);
      };
      await Promise.all([rivals(one), rivals(other)]);
    }
    expect(await inOrder(cloud)).toEqual(upTo(120));
  });
});

/** Posts to a dataset whose contract says `ordered`: whatever happens on the way, they are written in their order, once. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
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

const orderedCloud = (between: Between = (send) => send(), step?: 'build') =>
  testCloud({
    contracts: [steps],
    clients: (clients: Clients) => disturbed(clients, between, step),
    handlers: {
      'lambdas/accept-event/handler.ts': (env) =>
        createAccept(env, { contracts: [steps], find: () => steps }) as never,
    },
  });

/** Posts events, one post after another. */
async function poster(cloud: TestCloud) {
  const key = await cloud.key('test.steps:write');
  const send = async (more: object, ...events: readonly object[]): Promise<void> => {
    const { status } = await fetch(`${cloud.api}/v1/test/steps`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...more },
      body: JSON.stringify(events),
    });
    expect(status).toBe(202);
  };
  return Object.assign((...events: readonly object[]) => send({}, ...events), { with: send });
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
      if (next() < 0.2) await sleep(50 * next());
      // Far enough apart for a message to get through within its five tries.
      if (calm++ < 60 + 60 * next()) return send();
      [failed, calm] = [failed + 1, 0];
      if (next() < 0.5) await send();
      throw new Error('refused, or not answered');
    });
    const post = await poster(cloud);
    const all = upTo(300);
    for (const i of all) await post({ step: i, key: `k${i}` });
    await cloud.idle();
    expect(failed).toBeGreaterThan(3);
    expect(await written(cloud)).toEqual(all);
    expect(await dead(cloud)).toBe(0);
    const deliveries = await visible(cloud);
    expect(deliveries).toEqual(deliveries.toSorted());
    expect((await cloud.audit(steps)).filter(({ severity }) => severity !== 'orphan')).toEqual([]);
  }, 120_000);

  it('wait for one that fails for a while, and none of them is seen before it', async () => {
    // Once for all ten, for halves of halves, and for itself; then once more.
    let fails = 7;
    const bug: Between = async (send, { args }) => {
      const { Body = '' } = args.input as { Body?: string | Uint8Array };
      if (Buffer.from(Body).includes('poison') && fails-- > 0) throw new RangeError('a bug of ours');
      return send();
    };
    // Not on the way to S3: there it would be taken for a fault of S3.
    await using cloud = await orderedCloud(bug, 'build');
    const post = await poster(cloud);
    for (const i of upTo(40)) await post({ step: i, key: `k${i}`, ...(i === 11 && { note: 'poison' }) });
    await cloud.idle();
    expect(fails).toBeLessThan(0);
    expect(await written(cloud)).toEqual(upTo(40));
    expect(await visible(cloud)).toEqual((await visible(cloud)).toSorted());
  });

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

  it('are one where the same is posted again with its Idempotency-Key', async () => {
    await using cloud = await orderedCloud();
    const post = await poster(cloud);
    const first = { 'idempotency-key': 'first' };
    for (const _ of upTo(3)) await post.with(first, { step: 0, key: 'a' }, { step: 1, key: 'b' });
    await post({ step: 2, key: 'c' });
    await post.with(first, { step: 0, key: 'a' }, { step: 1, key: 'b' });
    await cloud.idle();
    expect(await written(cloud)).toEqual(upTo(3));
  });

  it('are two where what was so before is so again', async () => {
    await using cloud = await orderedCloud();
    const post = await poster(cloud);
    for (const step of [10, 12, 10]) {
      await post({ step, key: 'price' });
      await cloud.idle();
    }
    expect(await written(cloud)).toEqual([10, 12, 10]);
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

describe('workers that have messages of an ordered dataset', () => {
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

  it('keep the first of a key that was posted', async () => {
    await using cloud = await testCloud();
    const again = { ...message('post', 1, users, [user(0, { age: 31 })]), sequence: 101 };
    expect(await worker(cloud)([...parts(0), again])).toEqual([]);
    await cloud.idle();
    expect(await cloud.rows(`SELECT user_id, age FROM ${users}`)).toEqual([{ user_id: '0', age: '30' }]);
    expect(await cloud.rows(`SELECT _row, reasons FROM ${users}__quarantine`)).toEqual([
      { _row: '2', reasons: ['duplicate_key'] },
    ]);
  });

  it('write nothing that stands behind what another is at', async () => {
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
    const jittery = (clients: Clients) =>
      disturbed(clients, async (send) => {
        await sleep(10 * Math.random());
        return send();
      });
    const [one, other] = [worker(cloud, {}, jittery), worker(cloud, {}, jittery)];
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

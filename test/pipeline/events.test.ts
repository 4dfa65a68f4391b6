/** Posted events on the local cloud: from the queue to the tables, once. */

import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { describe, expect, it } from '@jest/globals';
import { balanced } from '../../core/delivery/books.ts';
import { broken, message, paused, user, worker } from './posted.ts';
import { books, type TestCloud, testCloud } from './support.ts';
import { deadLettersOf } from './verbs.ts';

const users = 'recomart.users';
const usersIn = async (cloud: TestCloud) =>
  (await cloud.rows('SELECT user_id FROM recomart.users ORDER BY CAST(user_id AS INT)')).map(({ user_id }) =>
    Number(user_id),
  );

describe('posted events', () => {
  it('are in the tables of their datasets, the refused ones with their reasons, and the books balance', async () => {
    await using cloud = await testCloud();
    await cloud.post([
      message('a', 0, users, [
        user(1),
        user(2, { age: 0 }),
        user(1),
        user(3, { coupon: 'X' }),
        '{"user_id":',
      ]),
      message('b', 0, users, [user(3)]),
      message('c', 0, 'retailos.stores', [{ store_id: '' }]),
    ]);
    await cloud.idle();
    const [delivery, ...others] = await cloud.deliveries(users);
    expect(others).toEqual([]);
    expect(books(delivery!)).toMatchObject({
      ...{ state: 'committed', read: 6, accepted: 2, quarantined: 3, duplicate: 1, balanced: true },
      reasons: { duplicate_key: 1, malformed_row: 1, 'out_of_range:age': 1 },
    });
    expect(delivery).toMatchObject({
      engine: 'node',
      key: expect.stringMatching(/^events\/recomart\/users\//),
    });
    expect(
      await cloud.rows('SELECT user_id, age, _row, _rescued, _delivery FROM recomart.users ORDER BY _row'),
    ).toEqual([
      { user_id: '1', age: '30', _row: '1', _rescued: null, _delivery: delivery!.delivery },
      { user_id: '3', age: '30', _row: '4', _rescued: '{"coupon":"X"}', _delivery: delivery!.delivery },
    ]);
    expect(
      await cloud.rows('SELECT _row, raw, reasons, received FROM recomart.users__quarantine ORDER BY _row'),
    ).toEqual([
      { _row: '2', raw: JSON.stringify(user(2, { age: 0 })), reasons: ['out_of_range:age'], received: ['0'] },
      { _row: '5', raw: '{"user_id":', reasons: ['malformed_row'], received: [null] },
      { _row: '6', raw: JSON.stringify(user(3)), reasons: ['duplicate_key'], received: [null] },
    ]);
    expect((await cloud.deliveries('retailos.stores'))[0]).toMatchObject({
      state: 'committed',
      quarantined: 1,
    });
    expect(await broken(cloud, users)).toEqual([]);
  });

  it('stand in one table with the rows of files', async () => {
    await using cloud = await testCloud();
    await cloud.land(users, 'a.csv', 'user_id,age,gender,device\n1,30,F,Mobile\n');
    await cloud.post([message('a', 0, users, [user(2)])]);
    await cloud.idle();
    await cloud.land(users, 'b.csv', 'user_id,age,gender,device\n3,30,F,Mobile\n');
    expect(await usersIn(cloud)).toEqual([1, 2, 3]);
    expect(await broken(cloud, users)).toEqual([]);
  });

  it('land once where every message comes twice, and in other company', async () => {
    await using cloud = await testCloud();
    const all = Array.from({ length: 60 }, (_, i) =>
      message(`p${i % 7}`, i, users, [user(2 * i), user(2 * i + 1)]),
    );
    for (const round of [all.slice(0, 30), all.slice(10, 50), all.toReversed(), all]) {
      await cloud.post(round);
      await cloud.idle();
    }
    expect(await usersIn(cloud)).toEqual(Array.from({ length: 120 }, (_, i) => i));
    const entries = await cloud.deliveries(users);
    expect(entries.every((d) => d.state === 'committed' && balanced(d))).toBe(true);
    expect(entries.reduce((sum, { read }) => sum + read, 0)).toBe(120);
    expect(await cloud.deadLetters()).toBe(0);
    expect(await broken(cloud, users)).toEqual([]);
  });
});

describe('a message that cannot be handled', () => {
  it('ends among the dead letters alone, and why is in the ledger', async () => {
    await using cloud = await testCloud();
    await cloud.post([
      message('a', 0, users, [user(1)]),
      'no JSON',
      message('b', 0, 'no.dataset', [{}]),
      JSON.stringify({ ...message('c', 0, users, [user(2)]), part: -1 }),
    ]);
    await cloud.idle();
    expect(await usersIn(cloud)).toEqual([1]);
    const { Messages = [] } = await cloud.sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: await deadLettersOf(cloud.sqs, cloud.eventQueue),
        MaxNumberOfMessages: 10,
      }),
    );
    const why = await cloud.ledger.givenUp(Messages.map(({ MessageId }) => MessageId!));
    expect(
      Messages.map(({ Body, MessageId }) => [Body!.slice(0, 7), why.get(MessageId!)?.code]).sort(),
    ).toEqual([
      ['no JSON', 'events.invalid_message'],
      ['{"post"', 'dataset.unknown'],
      ['{"post"', 'events.invalid_message'],
    ]);
  });

  it('does not take those it came with along, even if writing it is what fails', async () => {
    let judged = 0;
    await using cloud = await testCloud({
      contracts: [],
      clients: (clients) => {
        clients.s3.middlewareStack.add(
          (next) => (args) => {
            const { Key = '', Body } = args.input as { Key?: string; Body?: Uint8Array };
            if (Key.startsWith('lake/') && Key.includes('/data/') && Buffer.from(Body!).includes('poison')) {
              judged++;
              throw new RangeError('a bug of ours');
            }
            return next(args);
          },
          { step: 'initialize' },
        );
        return clients;
      },
    });
    const note = (i: number) => user(i, { note: i === 5 ? 'poison' : 'x' });
    await cloud.post(Array.from({ length: 9 }, (_, i) => message('p', i, users, [note(i)])));
    await cloud.idle();
    expect(judged).toBeGreaterThan(0);
    expect(await usersIn(cloud)).toEqual([0, 1, 2, 3, 4, 6, 7, 8]);
    expect(await cloud.deadLetters()).toBe(1);
    expect(await broken(cloud, users)).toEqual([]);
  });
});

describe('two workers with some messages in common', () => {
  const [p, q, r] = [0, 1, 2].map((part) => message('post', part, users, [user(part)])) as [
    ReturnType<typeof message>,
    ReturnType<typeof message>,
    ReturnType<typeof message>,
  ];

  it('share them out: what one is at comes back to the other', async () => {
    await using cloud = await testCloud();
    const slow = paused();
    const first = worker(cloud, {}, slow.clients)([p, q]);
    await slow.reached;
    expect(await worker(cloud)([q, r])).toEqual(['post.1']);
    slow.go();
    expect(await first).toEqual([]);
    expect(await worker(cloud)([q])).toEqual([]);
    await cloud.idle();
    expect(await usersIn(cloud)).toEqual([0, 1, 2]);
    expect(await broken(cloud, users)).toEqual([]);
  });

  it('lose and double nothing where one was taken for dead and is not', async () => {
    await using cloud = await testCloud();
    const slow = paused();
    const first = worker(cloud, {}, slow.clients)([p, q]);
    await slow.reached;
    const later = { WHARF_WORKERS_SINCE: new Date(Date.now() + 1000).toISOString() };
    expect(await worker(cloud, later)([q, r])).toEqual([]);
    slow.go();
    expect(await first).toEqual(['post.0', 'post.1']);
    expect(await worker(cloud)([p, q])).toEqual([]);
    await cloud.idle();
    expect(await usersIn(cloud)).toEqual([0, 1, 2]);
    expect(await broken(cloud, users)).toEqual([]);
    const states = (await cloud.deliveries(users)).map(({ state }) => state).sort();
    expect(states).toEqual(['committed', 'committed', 'failed']);
  });
});

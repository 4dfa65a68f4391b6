/** Posted events that were given up, mended and landed by `wharf replay --dlq`. */
import { ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Contract } from '../../core/contract/model.ts';
import type { EventMessage } from '../../core/events/model.ts';
import { readFix, type WrittenFix } from '../../core/replay/fix.ts';
import { users } from '../../datasets/recomart/users.ts';
import { awsClients, type Clients } from '../../platform/aws.ts';
import { commitAsker } from '../../platform/ingest/ask-commit.ts';
import { Schemas } from '../../platform/ingest/schemas.ts';
import { Ledger } from '../../platform/ledger.ts';
import { ObjectStore } from '../../platform/objects.ts';
import { type LettersAsked, type LettersDeps, replayLetters } from '../../platform/replay/letters.ts';
import { disturbed, type Request } from '../support/requests.ts';
import { message, user } from './posted.ts';
import { books, type TestCloud, testCloud } from './support.ts';
import { deadLettersOf } from './verbs.ts';

const contracts: Contract[] = Array.from({ length: 100 }, (_, i) => ({
  ...users,
  ...{ name: `letters.users_${i}`, domain: 'letters', dataset: `users_${i}` },
}));
let datasets = 0;
let cloud: TestCloud;
let dead: string;
beforeAll(async () => {
  cloud = await testCloud({ contracts });
  dead = await deadLettersOf(cloud.sqs, cloud.eventQueue);
}, 60_000);
afterAll(() => cloud[Symbol.asyncDispose]());

/** A dataset of its own, for which messages were given up. */
function place() {
  const contract = contracts[datasets++]!;
  const { name } = contract;
  return {
    contract,
    /** @returns the message's id among the dead letters */
    async giveUp(posted: EventMessage | string): Promise<string> {
      const MessageBody = typeof posted === 'string' ? posted : JSON.stringify(posted);
      return (await cloud.sqs.send(new SendMessageCommand({ QueueUrl: dead, MessageBody }))).MessageId!;
    },
    part: (post: string, events: readonly object[], dataset = name) =>
      message(`${name}-${post}`, 0, dataset, events),
    async ask(written: WrittenFix, more: Partial<LettersAsked> = {}, clients = awsClients(cloud.env)) {
      const fix = readFix(written, contract);
      const done = await replayLetters({ contract, fix, by: 'ada', dryRun: false, ...more }, depsOf(clients));
      await cloud.idle();
      return { ...done, entries: await cloud.ledger.getAll(done.deliveries) };
    },
    async users() {
      const { lake } = cloud;
      if (!(await lake.tables()).includes(name)) return [];
      const rows = await cloud.rows(`SELECT user_id, age FROM ${name} ORDER BY ALL`);
      return rows.map(({ user_id, age }) => `${user_id} ${age}`);
    },
    /** What the messages say that are about it and still there. */
    async left() {
      const look = { QueueUrl: dead, MaxNumberOfMessages: 10, VisibilityTimeout: 0 };
      const { Messages = [] } = await cloud.sqs.send(new ReceiveMessageCommand(look));
      return Messages.flatMap(({ Body = '' }) => (Body.includes(name) ? [Body] : []));
    },
    wrong: async () => (await cloud.audit(contract)).filter(({ severity }) => severity === 'error'),
  };
}

function depsOf({ s3, sqs, dynamodb }: Clients): LettersDeps {
  const { env } = cloud;
  const objects = new ObjectStore(s3);
  return {
    ...{ sqs, objects, ledger: new Ledger(dynamodb, env.WHARF_LEDGER_TABLE) },
    schemas: new Schemas(cloud.catalog, objects),
    askCommit: commitAsker(sqs, env.WHARF_COMMIT_QUEUE_URL!),
    ...{ lakeBucket: env.WHARF_LAKE_BUCKET!, tmp: env.WHARF_TMP!, memoryMb: 200 },
    ...{ now: () => new Date(), deadBefore: () => new Date() },
  };
}

describe('events that were given up', () => {
  it('are judged as they would be after the fix, and stay where they are, when it is a dry run', async () => {
    const { giveUp, part, ask, users, left } = place();
    await giveUp(part('a', [user(1), user(2, { age: 0 }), user(3, { gender: 'X' })]));
    const { picked, passing, failing } = await ask({ set: ['age=40'] }, { dryRun: true });
    expect({ picked, passing }).toEqual({ picked: 3, passing: 2 });
    expect(failing).toMatchObject([{ reason: 'not_in_enum:gender', rows: 1 }]);
    expect([await users(), await left()]).toEqual([[], [expect.stringContaining('-a"')]]);
    await ask({});
  });

  it('land mended as one delivery that names their messages; what still fails is in its quarantine', async () => {
    const { contract, giveUp, part, ask, users, left, wrong } = place();
    const letters = [
      await giveUp(part('a', [user(1), { ...user(2, { age: 0 }), user_id: undefined, kunde: 2 }])),
      await giveUp(part('b', [user(3, { gender: 'X' })])),
    ];
    const fix = { set: ['age=40'], map: ['header:kunde=user_id'] };
    const { picked, passing, entries } = await ask(fix, { why: 'the till was wrong' });
    expect({ picked, passing }).toEqual({ picked: 3, passing: 2 });
    expect(entries.map(books)).toMatchObject([
      { state: 'committed', accepted: 2, quarantined: 1, balanced: true },
    ]);
    expect(entries[0]!.origin!.toSorted()).toEqual(letters.sort());
    expect(await users()).toEqual(['1 40', '2 40']);
    const refused = await cloud.rows(`SELECT reasons FROM ${contract.name}__quarantine`);
    expect(refused).toEqual([{ reasons: ['not_in_enum:gender'] }]);
    expect(await left()).toEqual([]);
    const kept = await cloud.ledger.discardedLetter(letters[0]!);
    expect(kept!.reason).toBe(
      `replayed by ada: its events are in the delivery ${entries[0]!.delivery}; the till was wrong`,
    );
    expect(await wrong()).toEqual([]);
  });

  it('land from among the dead letters of ordered datasets, too, in their order', async () => {
    const { contract, part, ask } = place();
    const QueueUrl = await deadLettersOf(cloud.sqs, cloud.orderedQueue);
    // More than SQS hands out of a message group at a time.
    const ids = [3, 1, 2, ...Array.from({ length: 9 }, (_, i) => 20 - i)];
    for (const id of ids) {
      const MessageBody = JSON.stringify(part(`ordered-${id}`, [user(id, { age: 0 })]));
      const fifo = { MessageGroupId: contract.name, MessageDeduplicationId: `${contract.name}-${id}` };
      await cloud.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, ...fifo }));
    }
    const { picked, passing, entries } = await ask({ set: ['age=40'] });
    expect({ picked, passing }).toEqual({ picked: ids.length, passing: ids.length });
    const rows = await cloud.rows(`SELECT user_id, _delivery FROM ${contract.name} ORDER BY _row`);
    const landed = entries.flatMap(({ delivery }) => rows.filter(({ _delivery }) => _delivery === delivery));
    expect(landed.map(({ user_id }) => Number(user_id))).toEqual(ids);
    expect(await ask({})).toMatchObject({ picked: 0 });
  });

  it('land once, whether a message is there twice, is replayed again or goes back to its queue as well', async () => {
    const { giveUp, part, ask, users, left, wrong } = place();
    const posted = part('a', [user(1)]);
    await giveUp(posted);
    await giveUp(posted);
    expect(await ask({ set: ['age=40'] })).toMatchObject({ picked: 1, passing: 1 });
    await cloud.post([posted]);
    await giveUp(posted);
    await cloud.idle();
    expect(await ask({ set: ['age=50'] })).toMatchObject({ picked: 0, passing: 0 });
    expect([await users(), await left()]).toEqual([['1 40'], []]);
    expect(await wrong()).toEqual([]);
  });

  it('land so many at a time where somebody asks for no more', async () => {
    const { giveUp, part, ask, left } = place();
    for (const id of [1, 2, 3]) await giveUp(part(String(id), [user(id)]));
    const picked = [];
    for (let i = 0; i < 3; i++) picked.push((await ask({}, { most: 2 })).picked);
    expect([picked, await left()]).toEqual([[2, 1, 0], []]);
  });

  it('land in the dataset that is named where they were for another one; what holds no events stays', async () => {
    const { contract, giveUp, part, ask, users, left } = place();
    const nothing = `no events of ${contract.name}`;
    const [other, noEvents] = [await giveUp(part('a', [user(1)], 'no.dataset')), await giveUp(nothing)];
    expect(await ask({})).toMatchObject({ picked: 0, deliveries: [] });
    await expect(ask({}, { letter: noEvents })).rejects.toMatchObject({ code: 'replay.no_events' });
    expect(await ask({}, { letter: other })).toMatchObject({ passing: 1, entries: [{ state: 'committed' }] });
    expect([await users(), await left()]).toEqual([['1 30'], [nothing]]);
  });
});

type Fault = (send: () => Promise<unknown>) => Promise<unknown>;

const faults: Readonly<Record<string, Parameters<typeof struck>[1]>> = {
  'a crash right after it': {
    dies: true,
    fault: async (send) => {
      await send();
      throw new Error('crashed here');
    },
  },
  'a refusal': {
    fault: () => Promise.reject(new Error('refused')),
  },
  'an answer nobody hears': {
    fault: async (send) => {
      await send();
      throw new Error('no answer');
    },
  },
};

/** Clients that meet a fault at one of their writes. @returns them, and the writes they made */
function struck(at: number, { fault, dies = false }: { readonly fault: Fault; readonly dies?: boolean }) {
  const writes: string[] = [];
  let gone = false;
  const clients = disturbed(awsClients(cloud.env), async (send, { name, writes: isWrite }: Request) => {
    // A letter that is held is let go by SQS after a minute, whoever is gone.
    if (!isWrite || name === 'ChangeMessageVisibility') return send();
    if (gone) throw new Error('this process is gone');
    if (writes.push(name) - 1 !== at) return send();
    gone = dies;
    return fault(send);
  });
  return { clients, writes };
}

describe.each(Object.entries(faults))('a replay of what was given up that meets %s', (_name, fault) => {
  it('at any of its writes, and is asked for again, is one', async () => {
    const play = async (at: number) => {
      const { giveUp, part, ask, users, left, wrong } = place();
      await giveUp(part('a', [user(1), user(2, { age: 0 })]));
      await giveUp(part('b', [user(3), user(4, { gender: 'X' })]));
      const { clients, writes } = struck(at, fault);
      await ask({ set: ['age=40'] }, {}, clients).catch(() => {});
      await cloud.idle();
      const lost = (await users()).length === 0 && (await left()).length < 2;
      await ask({ set: ['age=40'] });
      return { writes, lost, users: await users(), left: await left(), wrong: await wrong() };
    };
    const { writes, ...undisturbed } = await play(-1);
    expect(undisturbed).toMatchObject({ users: ['1 40', '2 40', '3 40'], left: [], wrong: [] });
    for (const [at, write] of writes.entries()) {
      const { lost, users, left, wrong } = await play(at);
      expect({ at, write, lost, users, left, wrong }).toEqual({ at, write, ...undisturbed });
    }
  });
});

it('a replay and a redrive of the same messages, at any moment of it, land each event once', async () => {
  const play = async (at: number) => {
    const { contract, giveUp, part, ask, users, left, wrong } = place();
    const posted = [part('a', [user(1), user(2, { age: 0 })]), part('b', [user(3)])];
    for (const one of posted) await giveUp(one);
    const redrive: Fault = async (send) => {
      await cloud.post(posted);
      // So that the function is at it as well.
      await new Promise((wake) => setTimeout(wake, 100));
      return send();
    };
    const { clients, writes } = struck(at, { fault: redrive });
    await ask({ set: ['age=40'] }, {}, clients).catch(() => {});
    await cloud.idle();
    await ask({ set: ['age=40'] });
    const shown = (await cloud.deliveries(contract.name)).filter(({ state }) => state === 'committed');
    const events = shown.reduce((sum, { accepted, quarantined }) => sum + accepted + quarantined, 0);
    const ids = (await users()).map((one) => one.split(' ')[0]);
    return {
      writes,
      events,
      twice: ids.length - new Set(ids).size,
      left: await left(),
      wrong: await wrong(),
    };
  };
  const { writes } = await play(-1);
  for (const [at, write] of writes.entries()) {
    const { writes: _made, ...ended } = await play(at);
    expect({ at, write, ...ended }).toEqual({ at, write, events: 3, twice: 0, left: [], wrong: [] });
  }
});

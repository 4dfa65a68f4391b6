/** What becomes of refused rows and of events that were given up, over the API of the local cloud. */
import { randomUUID } from 'node:crypto';
import { ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Keys } from '../../platform/api/keys.ts';
import { awsClients } from '../../platform/aws.ts';
import { message, user } from './posted.ts';
import { type TestCloud, testCloud } from './support.ts';
import { deadLettersOf } from './verbs.ts';

const DATASET = 'recomart.users';
let cloud: TestCloud;
let key: (scope: string) => Promise<string>;
beforeAll(async () => {
  cloud = await testCloud();
  const keys = new Keys(awsClients(cloud.env).dynamodb, cloud.env.WHARF_LEDGER_TABLE!);
  key = async (scope) => (await keys.make({ name: 'test', scopes: [scope] })).text;
}, 60_000);
afterAll(() => cloud[Symbol.asyncDispose]());

const ask = (path: string, body?: object | string, scope?: string) =>
  at(`recomart/users/${path}`, body, scope);

async function at(path: string, body?: object | string, scope = 'admin') {
  const response = await fetch(`${cloud.cloud.api}/v1/${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${await key(scope)}`, 'content-type': 'application/json' },
    body: typeof body === 'object' ? JSON.stringify(body) : body,
  });
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of any shape
  return { status: response.status, body: (await response.json()) as any };
}

const header = 'user_id,age,gender,device\n';

describe('refused rows, over the API,', () => {
  it('are listed without their values, tried out, replayed and discarded', async () => {
    const { delivery } = await cloud.land(
      DATASET,
      'a.csv',
      `${header}1,30,F,Mobile\n2,-31,F,Mobile\n3,30,X,Mobile\n`,
    );
    const listed = await ask('quarantine');
    expect(listed).toMatchObject({
      status: 200,
      body: {
        rows: [
          { delivery, row: 2, line: null, reasons: ['out_of_range:age'], status: 'open' },
          { delivery, row: 3, reasons: ['not_in_enum:gender'], status: 'open' },
        ],
      },
    });
    expect(JSON.stringify(listed.body)).not.toContain('-31');

    const fix = { sql: ['age = abs(age)'], delivery };
    expect(await ask('replays', { ...fix, dry_run: true })).toMatchObject({
      status: 200,
      body: { picked: 2, passing: 1, failing: [{ reason: 'not_in_enum:gender', rows: 1 }], deliveries: [] },
    });
    const done = await ask('replays', fix, `${DATASET}:replay`);
    await cloud.idle();
    expect(await cloud.ledger.getAll(done.body.deliveries)).toMatchObject([
      { state: 'committed', accepted: 1, origin: [delivery] },
    ]);
    expect(await ask('discards', { all: true, why: 'a test' })).toMatchObject({
      status: 200,
      body: { discarded: 1 },
    });
    await cloud.idle();
    expect((await ask('quarantine')).body.rows).toEqual([]);
    expect((await ask('quarantine?status=discarded')).body.rows).toMatchObject([
      { row: 3, released_because: 'a test' },
    ]);
  });

  it('are judged by the contract as it was approved meanwhile', async () => {
    const rows = Array.from({ length: 20 }, (_, i) => `${100 + i},30,F,${i < 4 ? 'MOBILE' : 'Mobile'}`);
    const { delivery } = await cloud.land(DATASET, 'spelled.csv', `${header}${rows.join('\n')}\n`);
    const judged = () => ask('replays', { delivery, dry_run: true });
    expect(await judged()).toMatchObject({ body: { picked: 4, passing: 0 } });
    const [waiting] = (await at(`approvals?dataset=${DATASET}`)).body.approvals;
    await at(`approvals/${waiting.approval}/decision`, { decision: 'approve', why: 'the till was updated' });
    await cloud.idle();
    expect(await judged()).toMatchObject({ body: { picked: 4, passing: 4 } });
    await ask('discards', { delivery, why: 'a test' });
    await cloud.idle();
  });

  it.each([
    ['a key that may only write', 'replays', {}, `${DATASET}:write`, 404, 'unknown-dataset'],
    ['a key that may only read', 'replays', {}, `${DATASET}:read`, 403, 'forbidden'],
    ['a key that may only replay', 'quarantine', undefined, `${DATASET}:replay`, 404, 'unknown-dataset'],
    ['a field there is not', 'replays', { set: ['agee=1'] }, 'admin', 400, 'malformed-request'],
    ['a member there is not', 'replays', { sett: [] }, 'admin', 400, 'malformed-request'],
    ['both messages and rows', 'replays', { dlq: true, reason: 'x' }, 'admin', 400, 'malformed-request'],
    ['a message there is not', 'replays', { dlq: 'x' }, 'admin', 400, 'malformed-request'],
    ['no JSON', 'replays', '{', 'admin', 400, 'malformed-json'],
    ['a delivery there is not', 'replays', { delivery: 'x' }, 'admin', 400, 'malformed-request'],
    ['a discard of nothing', 'discards', { why: 'x' }, 'admin', 400, 'malformed-request'],
    ['a discard without a reason', 'discards', { all: true, why: ' ' }, 'admin', 400, 'malformed-request'],
    ['a status there is not', 'quarantine?status=gone', undefined, 'admin', 400, 'malformed-request'],
  ] as const)('are kept from %s', async (_what, path, body, scope, status, kind) => {
    const answer = await ask(path, body, scope);
    expect(answer).toMatchObject({ status, body: { type: `urn:wharf:problem:${kind}` } });
  });

  it('are kept from an expression that reads files', async () => {
    await cloud.land(DATASET, 'b.csv', `${header}5,0,F,Mobile\n`);
    const sql = ["age = (SELECT content FROM read_text('/etc/passwd'))"];
    const answer = await ask('replays', { sql, dry_run: true });
    expect(answer).toMatchObject({ status: 400, body: { code: 'replay.invalid_sql' } });
    expect(JSON.stringify(answer.body)).not.toContain('root:');
  });
});

describe('events that were given up, over the API,', () => {
  const fix = { dlq: true, set: ['age=40'] };
  type Kind = 'eventQueue' | 'orderedQueue';
  const queueOf = (kind: Kind) => deadLettersOf(cloud.sqs, cloud[kind]);
  /** @returns the message's id among the dead letters */
  async function giveUp(post: string, id: number, dataset = DATASET, kind: Kind = 'eventQueue') {
    const MessageBody = JSON.stringify(message(post, 0, dataset, [user(id, { age: 0 }), user(id + 1)]));
    const QueueUrl = await queueOf(kind);
    const fifo = kind === 'orderedQueue' && { MessageGroupId: dataset, MessageDeduplicationId: randomUUID() };
    return (await cloud.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, ...fifo }))).MessageId!;
  }
  async function left(kind: Kind = 'eventQueue'): Promise<number> {
    const look = { MaxNumberOfMessages: 10, VisibilityTimeout: 0 };
    const QueueUrl = await queueOf(kind);
    return (await cloud.sqs.send(new ReceiveMessageCommand({ QueueUrl, ...look }))).Messages?.length ?? 0;
  }
  async function landed(from: number): Promise<string[]> {
    if (!(await cloud.lake.tables()).includes(DATASET)) return [];
    const where = `TRY_CAST(user_id AS INT) BETWEEN ${from} AND ${from + 1}`;
    const rows = await cloud.rows(`SELECT user_id, age FROM ${DATASET} WHERE ${where} ORDER BY ALL`);
    return rows.map(({ user_id, age }) => `${user_id} ${age}`);
  }

  it.each([
    ['events', 'eventQueue', 1001],
    ['ordered', 'orderedQueue', 1011],
  ] as const)(
    'of the queue %s are tried out without a change, then landed mended, once however often it is asked',
    async (_name, kind, id) => {
      const letter = await giveUp(kind, id, DATASET, kind);
      const judged = { picked: 2, passing: 2, failing: [] };
      const trial = await ask('replays', { ...fix, dry_run: true }, `${DATASET}:replay`);
      expect(trial).toMatchObject({ status: 200, body: { ...judged, deliveries: [] } });
      expect([await landed(id), await left(kind)]).toEqual([[], 1]);

      const why = 'the till was wrong';
      const done = await ask('replays', { ...fix, why }, `${DATASET}:replay`);
      expect(done).toMatchObject({ status: 200, body: { ...judged, deliveries: [expect.any(String)] } });
      // It is given up once more, as SQS may: its events are in the table.
      await giveUp(kind, id, DATASET, kind);
      const again = await ask('replays', { dlq: true, set: ['age=50'] });
      expect(again.body).toMatchObject({ picked: 0, passing: 0, deliveries: done.body.deliveries });
      expect((await ask('replays', fix)).body).toMatchObject({ picked: 0, deliveries: [] });
      await cloud.idle();
      expect([await landed(id), await left(kind)]).toEqual([[`${id} 40`, `${id + 1} 40`], 0]);
      expect(await cloud.ledger.getAll(done.body.deliveries)).toMatchObject([
        { state: 'committed', accepted: 2, origin: [letter] },
      ]);
      expect((await cloud.ledger.discardedLetter(letter))!.reason).toContain(`replayed by key:`);
    },
  );

  it('are out of reach of a key that may not replay the dataset they were for', async () => {
    const [own, other] = [await giveUp('api-b', 1003), await giveUp('api-c', 1005, 'recomart.transactions')];
    expect(await ask('replays', { ...fix, dlq: own }, `${DATASET}:read`)).toMatchObject({ status: 403 });
    const refused = await ask('replays', { ...fix, dlq: other }, `${DATASET}:replay`);
    expect(refused).toMatchObject({ status: 400, body: { code: 'replay.no_events' } });
    expect(await left()).toBe(2);
    expect(await ask('replays', { ...fix, dlq: own }, `${DATASET}:replay`)).toMatchObject({ status: 200 });
    expect(await ask('replays', { ...fix, dlq: other }, 'recomart.*:replay')).toMatchObject({ status: 200 });
    await cloud.idle();
    expect([await landed(1003), await landed(1005), await left()]).toEqual([
      ['1003 40', '1004 40'],
      ['1005 40', '1006 40'],
      0,
    ]);
  });

  it('stay where they are while another worker has them', async () => {
    const letter = await giveUp('api-d', 1007);
    const claim = { delivery: 'another', started_at: new Date().toISOString() };
    await cloud.ledger.claimParts(['api-d.0'], claim, new Date());
    const answer = await ask('replays', { ...fix, dlq: letter });
    expect(answer).toMatchObject({ status: 409, body: { type: 'urn:wharf:problem:events-busy' } });
    expect([await landed(1007), await left()]).toEqual([[], 1]);
  });
});

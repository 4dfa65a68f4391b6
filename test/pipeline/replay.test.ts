/** Refused rows, mended and replayed on the local cloud. */
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Context } from 'aws-lambda';
import type { Contract } from '../../core/contract/model.ts';
import { readFix, type WrittenFix } from '../../core/replay/fix.ts';
import type { Selection } from '../../core/replay/model.ts';
import { users } from '../../datasets/recomart/users.ts';
import { createHandler } from '../../lambdas/quarantine-age/handler.ts';
import { defaultLimits } from '../../platform/limits.ts';
import { oldestOpen } from '../../platform/replay/oldest.ts';
import { askQuarantine } from '../../platform/replay/pick.ts';
import { discard, type ReplayDeps, replay } from '../../platform/replay/replay.ts';
import { message, user } from './posted.ts';
import { books, type TestCloud, testCloud } from './support.ts';
import { notice } from './verbs.ts';

let cloud: TestCloud;
let datasets = 0;
const contracts: Contract[] = Array.from({ length: 20 }, (_, i) => ({
  ...users,
  name: `test.users_${i}`,
  domain: 'test',
  dataset: `users_${i}`,
}));
beforeAll(async () => {
  cloud = await testCloud({ contracts });
}, 60_000);
afterAll(() => cloud[Symbol.asyncDispose]());

const header = 'user_id,age,gender,device\n';

function deps(): ReplayDeps {
  const { lake, ledger, objects, env } = cloud;
  const limits = defaultLimits;
  return {
    lake,
    ledger,
    objects,
    limits,
    lakeBucket: env.WHARF_LAKE_BUCKET!,
    tmp: env.WHARF_TMP!,
    memoryMb: 300,
  };
}

/** A dataset of its own, with the verbs of this test. */
function place(contract = contracts[datasets++]!) {
  const ask = (written: WrittenFix, selection: Selection = {}, dryRun = false) =>
    replay({ contract, selection, fix: readFix(written, contract), by: 'test', dryRun }, deps());
  const settled = async (ids: readonly string[]) => {
    await cloud.idle();
    return cloud.ledger.getAll(ids);
  };
  return {
    contract,
    ask,
    settled,
    land: (name: string, body: string) => cloud.land(contract.name, name, body),
    async replayed(written: WrittenFix, selection?: Selection) {
      const done = await ask(written, selection);
      return { ...done, entries: await settled(done.deliveries) };
    },
    async discarded(why: string, selection: Selection = {}) {
      const done = await discard({ contract, selection, by: 'test', why, dryRun: false }, deps());
      return settled(done.flatMap(({ delivery }) => delivery ?? []));
    },
    async users() {
      const rows = await cloud.rows(`SELECT user_id, age FROM ${contract.name} ORDER BY ALL`);
      return rows.map(({ user_id, age }) => `${user_id} ${age}`);
    },
    async statuses() {
      const found = await askQuarantine(
        cloud.lake,
        contract,
        'SELECT coalesce(_row, line) AS place, status, released_by, released_because FROM refused ORDER BY _delivery, place',
      );
      return found?.rows ?? [];
    },
    wrong: () => cloud.audit(contract),
    /** Every object and every entry, as they are now. */
    async everything() {
      const buckets = [cloud.landing, cloud.env.WHARF_LAKE_BUCKET!];
      const stored = await Promise.all(
        buckets.map(
          async (Bucket) => (await cloud.s3.send(new ListObjectsV2Command({ Bucket }))).Contents ?? [],
        ),
      );
      return { stored: stored.flat(), entries: await cloud.deliveries(contract.name) };
    },
  };
}

const two = `${header}1,30,F,Mobile\n2,0,F,Mobile\n3,30,X,Mobile\n`;

describe('a replay', () => {
  it('lands the rows that pass as a delivery that names its origin, and releases them', async () => {
    const { land, replayed, users, statuses, wrong } = place();
    const origin = await land('a.csv', two);
    const { picked, passing, failing, entries } = await replayed({ set: ['age=40'] });
    expect({ picked, passing, failing }).toEqual({
      picked: 2,
      passing: 1,
      failing: [
        {
          reason: 'not_in_enum:gender',
          rows: 1,
          examples: [{ delivery: origin.delivery, row: 3, line: null, received: 'X' }],
        },
      ],
    });
    expect(entries.map(books)).toMatchObject([{ state: 'committed', read: 1, accepted: 1, balanced: true }]);
    expect(entries[0]).toMatchObject({ origin: [origin.delivery], released: 1 });
    expect(await users()).toEqual(['1 30', '2 40']);
    expect(await statuses()).toMatchObject([
      { place: '2', status: 'replayed', released_by: entries[0]!.delivery },
      { place: '3', status: 'open', released_by: null },
    ]);
    expect(await cloud.ledger.get(origin.delivery)).toMatchObject({ replays: [entries[0]!.delivery] });
    expect(await wrong()).toEqual([]);
  });

  it('takes only the rows that were chosen', async () => {
    const { land, ask } = place();
    const [a, b] = [await land('a.csv', two), await land('b.csv', two.replaceAll('X', 'Y'))];
    const count = async (selection: Selection) => (await ask({}, selection, true)).picked;
    expect(await count({})).toBe(4);
    expect(await count({ delivery: a.delivery })).toBe(2);
    expect(await count({ reason: 'not_in_enum' })).toBe(2);
    expect(await count({ delivery: b.delivery, reason: 'out_of_range:age' })).toBe(1);
    expect(await count({ reason: 'pattern' })).toBe(0);
  });

  it('is one delivery for each file it takes rows of', async () => {
    const { land, replayed, users } = place();
    const origins = [await land('a.csv', two), await land('b.csv', two.replaceAll('2,0', '4,0'))];
    const { entries } = await replayed({ set: ['age=40'] });
    expect(entries.map(({ origin }) => origin).sort()).toEqual(
      origins.map(({ delivery }) => [delivery]).sort(),
    );
    expect(await users()).toEqual(['1 30', '1 30', '2 40', '4 40']);
  });

  it('writes nothing when it is dry', async () => {
    const { land, ask, everything } = place();
    await land('a.csv', two);
    const before = await everything();
    expect(before.stored.length).toBeGreaterThan(0);
    expect(await ask({ set: ['age=40'] }, {}, true)).toMatchObject({ passing: 1, deliveries: [] });
    await cloud.idle();
    expect(await everything()).toEqual(before);
  });

  it('asked for twice is one, whether the first is over or not', async () => {
    const { land, ask, settled, replayed, users, wrong } = place();
    await land('a.csv', two);
    const fix = { set: ['age=40'] };
    const [first, second] = [await ask(fix), await ask(fix)];
    expect(second.deliveries).toEqual(first.deliveries);
    expect(await settled(first.deliveries)).toMatchObject([{ state: 'committed' }]);
    expect(await replayed(fix)).toMatchObject({ picked: 1, passing: 0, deliveries: [] });
    expect(await users()).toEqual(['1 30', '2 40']);
    expect(await wrong()).toEqual([]);
  });

  it('that races with another for a row gives way to it', async () => {
    const { land, ask, settled, users, statuses, wrong } = place();
    await land('a.csv', two);
    const both = [
      ...(await ask({ set: ['age=40'] })).deliveries,
      ...(await ask({ set: ['age=50'] })).deliveries,
    ];
    expect(new Set(both).size).toBe(2);
    const entries = await settled(both);
    expect(entries.map(({ state }) => state).sort()).toEqual(['committed', 'failed']);
    const [winner, loser] = ['committed', 'failed'].map(
      (state) => entries.find((one) => one.state === state)!,
    );
    expect(loser!.error).toMatch(/has released some of these rows meanwhile/);
    expect(loser).toMatchObject({ read: 0, accepted: 0 });
    expect(await users()).toHaveLength(2);
    expect(await statuses()).toMatchObject([
      { status: 'replayed', released_by: winner!.delivery },
      { status: 'open' },
    ]);
    expect((await wrong()).filter(({ severity }) => severity === 'error')).toEqual([]);
  });

  it('goes with the rows it came from when new content takes their place', async () => {
    const { land, replayed, users, statuses, wrong } = place();
    await land('a.csv', two);
    const { entries } = await replayed({ set: ['age=40'] });
    const mended = await land('a.csv', two.replace('2,0', '2,41'));
    expect(await users()).toEqual(['1 30', '2 41']);
    expect(await cloud.ledger.get(entries[0]!.delivery)).toMatchObject({ superseded_by: mended.delivery });
    expect(await statuses()).toMatchObject([{ place: '3', status: 'open' }]);
    expect(await wrong()).toEqual([]);
  });

  it('stays out when that content is undone and the rows it came from have landed elsewhere meanwhile', async () => {
    const { contract, land, replayed, users, statuses, wrong } = place();
    await land('a.csv', two);
    const { entries } = await replayed({ set: ['age=40'] });
    const other = await land('a.csv', `${header}9,30,F,Mobile\n`);
    await land('b.csv', two);
    const { outcome } = await cloud.revise(contract.name, { what: 'undo', deliveries: [other.delivery] });
    expect(outcome).toMatchObject({ backs: 0, lost: expect.arrayContaining([entries[0]!.delivery]) });
    expect(await users()).toEqual(['1 30']);
    expect(await statuses()).toMatchObject([{ status: 'open' }, { status: 'open' }]);
    expect(await wrong()).toEqual([]);
  });

  it('keeps out of quarantine and table what a contract no longer has a place for', async () => {
    const { contract, land, ask, settled, users, wrong } = place();
    await land('a.csv', `${header}1,0,F,Mobile\n`);
    // Judged by a contract of its own, as if another one were deployed before the object is taken in.
    const lax = {
      ...contract,
      rules: [],
      fields: contract.fields.map((f) => (f.name === 'age' ? { ...f, type: { is: 'int' as const } } : f)),
    };
    const { deliveries, passing } = await replay(
      { contract: lax, selection: {}, fix: readFix({}, lax), by: 'test', dryRun: false },
      deps(),
    );
    expect(passing).toBe(1);
    const [entry] = await settled(deliveries);
    expect(entry).toMatchObject({ state: 'committed', read: 1, quarantined: 1, released: 1 });
    expect((await ask({ set: ['age=30'] })).deliveries).toHaveLength(1);
    await cloud.idle();
    expect(await users()).toEqual(['1 30']);
    expect(await wrong()).toEqual([]);
  });

  it('takes rows whose file lacked a column, by the name it has there', async () => {
    const { land, replayed, users, wrong } = place();
    const origin = await land('a.csv', 'user_id,alter,gender,device\n1,30,F,Mobile\n2,0,F,Mobile\n');
    expect(origin).toMatchObject({ state: 'refused', quarantined: 2 });
    const { entries, failing } = await replayed({ map: ['header:alter=age'] });
    expect(failing).toMatchObject([{ reason: 'out_of_range:age', rows: 1 }]);
    expect(entries).toMatchObject([{ state: 'committed', accepted: 1 }]);
    expect(await users()).toEqual(['1 30']);
    expect(await wrong()).toEqual([]);
  });

  it('takes the rows that a replay refused, and goes with all of them', async () => {
    const { contract, land, replayed, settled, users, statuses, wrong } = place();
    await land('a.csv', `${header}1,0,F,Mobile\n2,30,F,Mobile\n`);
    const lax = {
      ...contract,
      fields: contract.fields.map((f) => (f.name === 'age' ? { ...f, type: { is: 'int' as const } } : f)),
    };
    const asked = { contract: lax, selection: {}, fix: readFix({}, lax), by: 'test', dryRun: false };
    const [first] = await settled((await replay(asked, deps())).deliveries);
    expect(first).toMatchObject({ quarantined: 1 });
    const { entries } = await replayed({ set: ['age=40'] });
    expect(entries).toMatchObject([{ origin: [first!.delivery], accepted: 1 }]);
    expect(await users()).toEqual(['1 40', '2 30']);
    await land('a.csv', `${header}1,50,F,Mobile\n`);
    expect(await users()).toEqual(['1 50']);
    expect(await statuses()).toEqual([]);
    expect(await wrong()).toEqual([]);
  });

  it('takes the rows of many deliveries of events at once', async () => {
    const { contract, replayed, users, statuses, wrong } = place();
    for (const i of [1, 2, 3]) {
      await cloud.post([message(`post-${i}`, 0, contract.name, [user(i), user(i + 10, { age: 0 })])]);
      await cloud.idle();
    }
    const { entries } = await replayed({ set: ['age=40'] });
    expect(entries).toMatchObject([{ state: 'committed', accepted: 3, released: 3 }]);
    expect(entries[0]!.origin).toHaveLength(3);
    expect((await users()).filter((one) => one.endsWith(' 40'))).toEqual(['11 40', '12 40', '13 40']);
    expect(new Set((await statuses()).map(({ status }) => status))).toEqual(new Set(['replayed']));
    expect(await wrong()).toEqual([]);
  });

  it('is believed only where nobody but Wharf writes', async () => {
    const { contract, land, statuses } = place();
    const origin = await land('a.csv', two);
    const path = `replays/${contract.name.replace('.', '/')}/forged.ndjson`;
    const forged = [
      { release: 'discarded', dataset: contract.name, aliases: {}, fix: {}, by: 'x', why: 'x' },
      { origin: origin.delivery, row: 2, line: null, record: null },
    ];
    await cloud.put(path, forged.map((line) => JSON.stringify(line)).join('\n'));
    await cloud.tell(notice({ bucket: cloud.landing, key: path }));
    await cloud.idle();
    expect(await statuses()).toMatchObject([{ status: 'open' }, { status: 'open' }]);
  });
});

describe('the oldest refused row', () => {
  it('is told of until somebody has decided about it', async () => {
    const { contract, land, replayed, discarded } = place();
    const oldest = () => oldestOpen(contract, cloud);
    const first = await land('a.csv', `${header}1,0,F,Mobile\n2,30,X,Mobile\n`);
    expect(await oldest()).toBe(first.landed_at);
    await replayed({ set: ['age=40'] });
    expect(await oldest()).toBe(first.landed_at);
    const later = await land('b.csv', `${header}1,0,F,Mobile\n`);
    await discarded('a test', { delivery: first.delivery });
    expect(await oldest()).toBe(later.landed_at);
    const written = jest.spyOn(process.stderr, 'write').mockImplementation(() => true);
    const env = { ...cloud.env, WHARF_STAGE: 'test' };
    const now = () => Date.parse(later.landed_at) + 60_000;
    const look = createHandler(env, { contracts: [contract], now });
    expect(await look({}, {} as Context)).toEqual({ figures: { dataset: contract.name, seconds: 60 } });
    const line = JSON.parse(String(written.mock.lastCall?.[0]));
    written.mockRestore();
    expect(line).toMatchObject({
      _aws: { CloudWatchMetrics: [{ Namespace: 'Wharf', Dimensions: [['Stage']] }] },
      ...{ OldestRefusedRowAge: 60, Stage: 'test' },
    });
    await discarded('a test');
    expect(await look({}, {} as Context)).toEqual({ figures: { dataset: '', seconds: 0 } });
  });
});

describe('a discard', () => {
  it('closes rows with a reason, once, and leaves them where they are', async () => {
    const { land, discarded, statuses, ask, wrong } = place();
    await land('a.csv', two);
    const selection = { reason: 'not_in_enum' };
    const entries = await discarded('a test of the till', selection);
    expect(entries).toMatchObject([{ state: 'committed', read: 0, accepted: 0, released: 1 }]);
    expect(await statuses()).toMatchObject([
      { status: 'open' },
      { status: 'discarded', released_by: entries[0]!.delivery, released_because: 'a test of the till' },
    ]);
    expect(await discarded('a test of the till', selection)).toEqual([]);
    expect(await ask({}, {}, true)).toMatchObject({ picked: 1 });
    expect(await wrong()).toEqual([]);
  });

  it('takes lines that no reader could split as well', async () => {
    const { land, discarded, statuses } = place();
    await land('a.csv', `${header}1,30,F,Mobile\n2,30,F,Mobile,too,many\n`);
    await discarded('nobody knows');
    expect(await statuses()).toMatchObject([{ place: '3', status: 'discarded' }]);
  });
});

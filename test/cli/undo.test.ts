/** A delivery taken back, the past looked at, and a dataset taken back, as a user does it. */
import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Workplace, workplace } from './support.ts';

interface Landed {
  readonly delivery: string;
  readonly snapshot: string;
  readonly state: string;
}
interface Failure {
  readonly error: { readonly code: string; readonly message: string; readonly fix: string };
}

let place: Workplace;
let good: Landed;
let bad: Landed;
const header = 'user_id,age,gender,device\n';
const users = async (...more: string[]) =>
  (
    await place.json<{ user_id: string }[]>(
      'query',
      'SELECT user_id FROM recomart.users ORDER BY ALL',
      ...more,
    )
  ).map((row) => row.user_id);

beforeAll(async () => {
  place = await workplace();
  await writeFile(place.file('monday.csv'), `${header}1,30,F,Mobile\n2,-1,F,Mobile\n`);
  await writeFile(place.file('tuesday.csv'), `${header}3,30,F,Mobile\n4,-1,F,Mobile\n`);
  const landed = await place.json<Landed[]>('land', 'recomart.users', place.file('monday.csv'));
  const later = await place.json<Landed[]>('land', 'recomart.users', place.file('tuesday.csv'));
  [good, bad] = [landed[0]!, later[0]!];
}, 60_000);
afterAll(() => place[Symbol.asyncDispose]());

describe('undo', () => {
  it('asks before it changes anything', async () => {
    const { error } = await place.json<Failure>('undo', bad.delivery);
    expect(error).toMatchObject({ code: 'usage.not_confirmed', fix: expect.stringContaining('--yes') });
    expect(error.message).toContain('1 rows and 1 refused ones leave recomart.users');
    expect(await users()).toEqual(['1', '3']);
  });

  it('takes a delivery out of table and quarantine, and prints its books', async () => {
    const { stdout, code } = await place.run('undo', bad.delivery, '--reason', 'wrong day', '--yes');
    expect(code).toBe(0);
    expect(stdout).toContain('undone');
    expect(stdout).toContain('✓ read 2 = accepted 1 + quarantined 1 + duplicate 0');
    expect(await users()).toEqual(['1']);
    expect(await place.json('quarantine', 'recomart.users')).toMatchObject([{ _delivery: good.delivery }]);
    expect(await place.json('deliveries', bad.delivery)).toMatchObject({
      ...{ state: 'undone', taken: { reason: 'wrong day' } },
    });
  });

  it.each([
    ['twice', () => bad.delivery, 'undo.nothing'],
    ['of what never came', () => 'nothing', 'delivery.unknown'],
  ])('%s is told so', async (_what, delivery, code) => {
    expect(await place.json<Failure>('undo', delivery(), '--yes')).toMatchObject({ error: { code } });
  });
});

describe('history and query --at', () => {
  it('show what each snapshot did, and the rows of then', async () => {
    const told = await place.json<{ snapshot: string; at: string }[]>('history', 'recomart.users');
    expect(told).toMatchObject([
      { operation: 'delete', added: 0, removed: 1, total: 1, revision: { reason: 'wrong day' } },
      { operation: 'append', added: 1, total: 2, deliveries: [bad.delivery] },
      { operation: 'append', added: 1, total: 1, deliveries: [good.delivery] },
    ]);
    expect(await users('--at', bad.snapshot)).toEqual(['1', '3']);
    expect(await users('--at', told[2]!.at)).toEqual(['1']);
    expect((await place.run('history', 'recomart.users')).stdout).toContain('wrong day');
    const refused = await place.json<object[]>('history', 'recomart.users', '--quarantine');
    expect(refused).toHaveLength(3);
  });

  it.each([
    ['2020-01-01', 'history.not_yet'],
    ['1234567', 'history.unknown_snapshot'],
    ['lately', 'history.unreadable'],
  ])('say what is wrong with %s', async (at, code) => {
    const failure = await place.json<Failure>('query', 'SELECT * FROM recomart.users', '--at', at);
    expect(failure).toMatchObject({ error: { code } });
  });
});

describe('trace', () => {
  it('says where a row came from, and prints none of its values', async () => {
    const { stdout } = await place.run('trace', 'recomart.users', '2');
    expect(stdout).toContain(good.delivery);
    expect(stdout).toContain('recomart/users/monday.csv');
    expect(stdout).toContain('out_of_range:age');
    expect(stdout).not.toContain('Mobile');
    expect(await place.json('trace', 'recomart.users', 'user_id=1')).toMatchObject([
      { as: 'accepted', delivery: good.delivery, row: 1 },
    ]);
    expect(await place.json('trace', 'recomart.users', '3')).toEqual([]);
  });
});

describe('rollback', () => {
  it('takes a dataset back, and forward again', async () => {
    const back = await place.json('rollback', 'recomart.users', '--to', bad.snapshot, '--yes');
    expect(back).toMatchObject({ state: 'done', back: [{ delivery: bad.delivery, state: 'committed' }] });
    expect(await users()).toEqual(['1', '3']);
    await place.json('rollback', 'recomart.users', '--to', good.snapshot, '--yes');
    expect(await users()).toEqual(['1']);
    expect(await place.json('deliveries', bad.delivery)).toMatchObject({ state: 'rolled_back' });
    expect(await place.json('fsck', 'recomart.users')).toMatchObject({ findings: [] });
  });

  it('needs a moment that is kept, and a dataset that has rows', async () => {
    const code = async (...args: string[]) =>
      (await place.json<Failure>('rollback', ...args, '--yes')).error.code;
    expect(await code('recomart.users', '--to', '2020-01-01')).toBe('history.not_yet');
    expect(await code('recomart.products', '--to', '2020-01-01')).toBe('rollback.no_table');
  });
});

describe('undo of a delivery whose refused rows were replayed', () => {
  /** Lands a file with one fine row and one to be mended, and mends it. */
  const mended = async (name: string, fine: string, refused: string) => {
    await writeFile(place.file(name), `${header}${fine},30,F,Mobile\n${refused},-1,F,Mobile\n`);
    const [origin] = await place.json<Landed[]>('land', 'recomart.users', place.file(name));
    const asked = ['--dataset', 'recomart.users', '--delivery', origin!.delivery, '--set', 'age=40'];
    const { deliveries } = await place.json<{ deliveries: Landed[] }>('replay', ...asked);
    return [origin!.delivery, deliveries[0]!.delivery] as const;
  };
  const state = async (id: string) => (await place.json<Landed>('deliveries', id)).state;

  const those = async (...ids: string[]) => (await users()).filter((id) => ids.includes(id));

  it('leaves the mended rows, which can be taken back later', async () => {
    const [origin, replay] = await mended('wednesday.csv', '5', '6');
    expect(await those('5', '6')).toEqual(['5', '6']);
    await place.json('undo', origin, '--yes');
    expect(await those('5', '6')).toEqual(['6']);
    expect([await state(origin), await state(replay)]).toEqual(['undone', 'committed']);
    await place.json('undo', replay, '--yes');
    expect(await those('5', '6')).toEqual([]);
  });

  it('takes them along with --with-replays, and says how many replays it is about to take', async () => {
    const [origin, replay] = await mended('thursday.csv', '7', '8');
    const { error } = await place.json<Failure>('undo', origin, '--with-replays');
    expect(error.message).toContain('and those of 1 replays');
    expect(await those('7', '8')).toEqual(['7', '8']);
    const undone = await place.json('undo', origin, '--with-replays', '--yes');
    expect(undone).toMatchObject({ outcome: { out: [origin, replay], outs: 2 } });
    expect(await those('7', '8')).toEqual([]);
    expect([await state(origin), await state(replay)]).toEqual(['undone', 'undone']);
    expect(await place.json('quarantine', 'recomart.users', '--delivery', origin, '--status', 'all')).toEqual(
      [],
    );
    expect(await place.json('fsck', 'recomart.users')).toMatchObject({ findings: [] });
  });
});

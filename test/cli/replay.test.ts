/** `wharf replay` and `wharf quarantine` as their users run them. */
import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Workplace, workplace } from './support.ts';

let place: Workplace;
beforeAll(async () => {
  place = await workplace();
});
afterAll(() => place[Symbol.asyncDispose]());

const header = 'user_id,age,gender,device\n';
/** Each command is a process of its own, on a machine that may be busy. */
const SLOW = 240_000;
const DATASET = 'recomart.users';

interface Replayed {
  readonly picked: number;
  readonly passing: number;
  readonly failing: readonly { readonly reason: string; readonly rows: number }[];
  readonly deliveries: readonly {
    readonly delivery: string;
    readonly state: string;
    readonly accepted: number;
  }[];
}

async function land(name: string, body: string): Promise<string> {
  await writeFile(place.file(name), body);
  const [one] = await place.json<{ delivery: string }[]>('land', DATASET, place.file(name));
  return one!.delivery;
}
const replay = (...args: string[]) => place.json<Replayed>('replay', '--dataset', DATASET, ...args);
const quarantine = (...args: string[]) =>
  place.json<{ _row: string | null; status: string; reasons: string[] }[]>('quarantine', DATASET, ...args);

describe('refused rows', () => {
  it(
    'are tried out, replayed, discarded and exported',
    async () => {
      await land('a.csv', `${header}1,30,F,Mobile\n2,-31,F,Mobile\n3,30,Female,Mobile\n4,0,F,=1+1\n`);
      const fix = ['--sql', 'age = abs(age)', '--map', 'gender:Female=F'];
      expect(await replay(...fix, '--dry-run')).toMatchObject({ picked: 3, passing: 2, deliveries: [] });
      expect(await quarantine()).toHaveLength(3);
      const done = await replay(...fix, '--why', 'the till counts backwards');
      expect(done).toMatchObject({
        picked: 3,
        passing: 2,
        failing: [
          { reason: 'not_in_enum:device', rows: 1 },
          { reason: 'out_of_range:age', rows: 1 },
        ],
        deliveries: [{ state: 'committed', accepted: 2 }],
      });
      expect(await replay(...fix)).toMatchObject({ picked: 1, passing: 0, deliveries: [] });
      expect(await quarantine('--status', 'replayed')).toHaveLength(2);

      const csv = place.file('open.csv');
      await place.run('quarantine', DATASET, '--export', csv);
      const text = await readFile(csv, 'utf8');
      expect(text).toContain('Allowed: int');
      expect(text.split('\n')[1]).not.toMatch(/(^|,)"?[=+@\t\r]/);
      expect(text).toContain("'=1+1");

      const words = await place.run('quarantine', 'discard', DATASET, '--all', '--why', 'a test');
      expect(words).toMatchObject({ code: 0, stdout: 'Discarded 1 refused rows.\n' });
      expect(await quarantine()).toEqual([]);
      expect((await quarantine('--status', 'all')).map(({ status }) => status).sort()).toEqual([
        'discarded',
        'replayed',
        'replayed',
      ]);
      const checked = await place.run('fsck', DATASET);
      expect(checked).toMatchObject({ code: 0 });
    },
    SLOW,
  );

  it(
    'of a file that was refused whole land again with other names for its columns, once',
    async () => {
      const id = await land('other.csv', 'kunde,alter,geschlecht,geraet\n77,30,F,Mobile\n78,0,F,Mobile\n');
      expect(await place.json('deliveries', id)).toMatchObject({
        state: 'refused',
        reasons: { unknown_header: 1 },
      });
      const names = ['kunde=user_id', 'alter=age', 'geschlecht=gender', 'geraet=device'];
      const fix = ['--delivery', id, ...names.flatMap((name) => ['--map', `header:${name}`])];
      expect(await replay(...fix, '--dry-run')).toMatchObject({ picked: 2, passing: 1, deliveries: [] });
      const done = await replay(...fix);
      expect(done.deliveries).toMatchObject([{ state: 'committed', accepted: 1 }]);
      const { delivery } = done.deliveries[0]!;
      expect(await place.json('deliveries', delivery)).toMatchObject({ origin: [id] });
      expect((await replay(...fix)).deliveries).toMatchObject([{ delivery }]);
      // The row that it refused is mended in a second replay: its columns still have the names of the file.
      const again = [
        '--map',
        'header:kunde=user_id',
        '--map',
        'header:geschlecht=gender',
        '--map',
        'header:geraet=device',
      ];
      expect(await replay('--delivery', delivery, ...again, '--set', 'age=40')).toMatchObject({
        picked: 1,
        passing: 1,
      });
      const rows = await place.json<unknown[]>(
        'query',
        `SELECT user_id, age FROM ${DATASET} WHERE user_id >= '77' ORDER BY ALL`,
      );
      expect(rows).toHaveLength(2);
    },
    SLOW,
  );

  it.each([
    [['replay', '--dataset', DATASET, '--set', 'agee=3'], 'replay.unknown_field', 'Did you mean "age"?'],
    [['replay', '--dataset', DATASET, '--sql', 'age = (SELECT 1)'], 'replay.invalid_sql', 'its own record'],
    [['replay', '--dataset', DATASET, '--delivery', 'none'], 'delivery.unknown', 'wharf deliveries'],
    [['replay', '--dataset', 'recomart.user'], 'dataset.unknown', 'recomart.users'],
    [['quarantine', DATASET, '--status', 'opn'], 'quarantine.unknown_status', 'Did you mean "open"?'],
    [['quarantine', 'discard', DATASET, '--why', 'x'], 'quarantine.no_choice', '--all'],
    [['quarantine', 'discard', DATASET, '--all', '--why', ' '], 'quarantine.no_reason', '--why'],
  ])('are not touched by what cannot be: %j', async (args, code, fix) => {
    if (args[0] === 'replay') await land('bad.csv', `${header}5,0,F,Mobile\n`);
    const { error } = await place.json<{ error: { code: string; fix: string } }>(...args);
    expect(error).toMatchObject({ code, fix: expect.stringContaining(fix) });
  });
});

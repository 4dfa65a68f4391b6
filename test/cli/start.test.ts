/** `wharf start`: other programs and other commands use the cloud it keeps up; signals end it well. */
import { existsSync } from 'node:fs';
import { readdir, stat, writeFile } from 'node:fs/promises';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FREE_PORTS, type Ran, started, until, type Workplace, workplace } from './support.ts';

interface Delivery {
  readonly key: string;
  readonly state: string;
  readonly read: number;
  readonly accepted: number;
}

const users = (from: number, rows: number): string =>
  `user_id,age,gender,device\n${Array.from({ length: rows }, (_, i) => `${from + i},30,F,Mobile\n`).join('')}`;

describe('wharf start', () => {
  let place: Workplace;
  let cloud: Awaited<ReturnType<typeof started>>;

  beforeAll(async () => {
    place = await workplace();
    cloud = await started(place, '--json');
  });
  afterAll(() => place[Symbol.asyncDispose]());

  it('writes what any S3 client needs, and a file put there becomes a table', async () => {
    const { s3, ready } = cloud;
    expect(ready.pid).toBe(cloud.child.pid);
    const Key = 'landing/recomart/users/by hand é.csv';
    await s3.send(new PutObjectCommand({ Bucket: ready.buckets.landing, Key, Body: users(0, 10) }));
    s3.destroy();
    const arrived = async () => (await place.json<Delivery[]>('deliveries'))[0]?.state === 'committed';
    await until('the delivery is committed', arrived);
    expect(await place.json('query', 'SELECT count(*) AS n FROM recomart.users')).toEqual([{ n: 10 }]);
  });

  it('lets other commands land, look and query beside it, several at a time', async () => {
    await writeFile(place.file('a.csv'), users(100, 5));
    await writeFile(place.file('b.csv'), users(200, 6));
    const landed = await Promise.all(
      ['a.csv', 'b.csv'].map((name) => place.json<Delivery[]>('land', 'recomart.users', place.file(name))),
    );
    expect(landed.flat()).toMatchObject([
      { state: 'committed', accepted: 5 },
      { state: 'committed', accepted: 6 },
    ]);
    expect(await place.json('query', 'SELECT count(*) AS n FROM recomart.users')).toEqual([{ n: 21 }]);
    expect(await place.json('quarantine', 'recomart.users')).toEqual([]);
  });

  it('keeps its note about itself to this user', async () => {
    const { mode } = await stat(`${place.state}/running.json`);
    expect(mode & 0o777).toBe(0o600);
  });

  it('is the only one on its state', async () => {
    expect(await place.json('start', ...FREE_PORTS)).toMatchObject({
      error: { code: 'local.state_in_use' },
    });
  });

  it('ends well on SIGTERM: exit code 0, deliveries told, nothing left behind, the state whole', async () => {
    cloud.child.kill('SIGTERM');
    const { code, signal, stdout, stderr } = await cloud.ended;
    expect({ code, signal, stderr }).toEqual({ code: 0, signal: null, stderr: '' });
    const [ready, ...told] = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Delivery);
    expect(ready).toEqual(cloud.ready);
    expect(told.map(({ key, state }) => [key.split('/').at(-1), state]).sort()).toEqual([
      ['a.csv', 'committed'],
      ['b.csv', 'committed'],
      ['by hand é.csv', 'committed'],
    ]);
    for (const file of [place.file('ready.json'), `${place.state}/running.json`, `${place.state}/lock`])
      expect([file, existsSync(file)]).toEqual([file, false]);
    expect(await place.json('query', 'SELECT count(*) AS n FROM recomart.users')).toEqual([{ n: 21 }]);
  });
});

describe('a note that outlived its process', () => {
  it('is ignored: the next command opens the state itself', async () => {
    await using place = await workplace();
    const cloud = await started(place);
    cloud.child.kill('SIGKILL');
    await cloud.ended;
    expect(existsSync(`${place.state}/running.json`)).toBe(true);
    await writeFile(place.file('a.csv'), users(0, 3));
    expect(await place.json('land', 'recomart.users', place.file('a.csv'))).toMatchObject([
      { state: 'committed', accepted: 3 },
    ]);
  });
});

describe('Ctrl-C in the middle of land', () => {
  it('stops at once with a word about it, and a second run finishes: every row is there once', async () => {
    await using place = await workplace();
    const files = Array.from({ length: 40 }, (_, i) => place.file(`f${i}.csv`));
    await Promise.all(files.map((file, i) => writeFile(file, users(i * 1000, 500))));
    const first = place.start('land', 'recomart.users', ...files);
    const landing = `${place.state}/s3/buckets`;
    await until('some files are uploaded', async () => {
      const names = await readdir(landing, { recursive: true }).catch(() => []);
      return names.filter((name) => /users\/f\d+\.csv\.data$/.test(name)).length > 5;
    });
    first.child.kill('SIGINT');
    const stopped: Ran = await first.ended;
    expect(stopped).toMatchObject({ code: 130, stdout: '', stderr: expect.stringContaining('goes on') });

    const second = await place.json<Delivery[]>('land', 'recomart.users', ...files);
    expect(second).toHaveLength(40);
    for (const { state } of second) expect(['committed', 'duplicate']).toContain(state);
    expect(
      await place.json('query', 'SELECT count(*) AS n, count(DISTINCT user_id) AS d FROM recomart.users'),
    ).toEqual([{ n: 20_000, d: 20_000 }]);
    const all = await place.json<Delivery[]>('deliveries', '--limit', '1000');
    expect(all.filter(({ state }) => state !== 'committed' && state !== 'duplicate')).toEqual([]);
    const committed = all.filter(({ state }) => state === 'committed');
    expect(committed.reduce((sum, { accepted }) => sum + accepted, 0)).toBe(20_000);
  });
});

/** The power goes, again and again, while files land: in the end every row is there once, and the books say so. */
import { setTimeout as sleep } from 'node:timers/promises';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { balanced } from '../../core/delivery/books.ts';
import { type Delivery, isClosed } from '../../core/delivery/model.ts';
import { started, until, type Workplace, workplace } from '../cli/support.ts';

const KILLS = 8;
const FILES = 48;
const [GOOD, BAD, TWICE] = [150, 3, 2];
/** Longest a process lives once it takes files: ingestion, commit and the next files are all hit. */
const LIFE_MS = 900;

const nameOf = (file: number): string => `f${file}.csv`;

/** A file whose rows no other has: good ones, refused ones, and some that stand in it twice. */
function bodyOf(file: number): string {
  const row = (id: number, age: number) => `${file * 1000 + id},${age},F,Mobile`;
  const good = Array.from({ length: GOOD }, (_, i) => row(i + 1, 30));
  const bad = Array.from({ length: BAD }, (_, i) => row(i + 501, -1));
  return ['user_id,age,gender,device', ...good, ...bad, ...good.slice(0, TWICE)].join('\n');
}

async function start(place: Workplace) {
  const { s3, ready, ...running } = await started(place);
  const put = (name: string, Body: string) =>
    s3.send(
      new PutObjectCommand({ Bucket: ready.buckets.landing, Key: `landing/recomart/users/${name}`, Body }),
    );
  return { ...running, put };
}

/** What a supplier does: puts files one after the other, and once more what was not confirmed. */
async function putAll(
  put: (name: string, body: string) => Promise<unknown>,
  open: Set<number>,
  most: number,
) {
  for (const file of [...open].slice(0, most)) {
    await put(nameOf(file), bodyOf(file));
    open.delete(file);
  }
}

describe('a process killed again and again', () => {
  let place: Workplace;
  const moments: number[] = [];
  let deliveries: Delivery[];

  beforeAll(async () => {
    place = await workplace();
    const open = new Set(Array.from({ length: FILES }, (_, file) => file));
    for (let kill = 0; kill < KILLS; kill++) {
      const { child, ended, put } = await start(place);
      const putting = putAll(put, open, FILES / KILLS).catch(() => {});
      const life = Math.round(Math.random() * LIFE_MS);
      moments.push(life);
      await sleep(life);
      child.kill('SIGKILL');
      expect((await ended).signal).toBe('SIGKILL');
      await putting;
    }
    const last = await start(place);
    await putAll(last.put, open, FILES);
    const list = () => place.json<Delivery[]>('deliveries', '--limit', '1000');
    const allClosed = async () => {
      deliveries = await list();
      const keys = new Set(deliveries.map(({ key }) => key));
      return keys.size === FILES && deliveries.every(({ state }) => isClosed(state));
    };
    await until(`all is closed, after kills at ${moments} ms`, allClosed, 30_000);
    last.child.kill('SIGTERM');
    expect(await last.ended).toMatchObject({ code: 0, stderr: '' });
  }, 240_000);
  afterAll(() => place[Symbol.asyncDispose]());

  it('has every row in the table once, whatever moment it was killed at', async () => {
    const sql = `SELECT CAST(user_id AS INT) // 1000 AS file, count(*) AS n, count(DISTINCT user_id) AS d
      FROM recomart.users GROUP BY ALL HAVING n <> ${GOOD} OR d <> ${GOOD}`;
    const wrong = await place.json('query', sql);
    const [total] = await place.json<unknown[]>('query', 'SELECT count(*) AS n FROM recomart.users');
    expect({ moments, wrong, total }).toEqual({ moments, wrong: [], total: { n: FILES * GOOD } });
  });

  it('has every refused row in quarantine once', async () => {
    const sql =
      'SELECT count(*) AS n, count(DISTINCT raw) AS d, count(DISTINCT _delivery) AS files FROM recomart.users__quarantine';
    const expected = { n: FILES * BAD, d: FILES * BAD, files: FILES };
    expect({ moments, rows: await place.json('query', sql) }).toEqual({ moments, rows: [expected] });
  });

  it('has one committed delivery a file, and books that balance', () => {
    const { committed = [], ...others } = Object.groupBy(deliveries, ({ state }) => state);
    expect({ moments, committed: new Set(committed.map(({ key }) => key)).size, others }).toEqual({
      ...{ moments, committed: FILES },
      // A file whose PUT was not confirmed came twice: its second delivery knows the first.
      others: others.duplicate ? { duplicate: expect.any(Array) } : {},
    });
    expect(committed).toHaveLength(FILES);
    for (const delivery of committed) {
      expect(delivery).toMatchObject({ accepted: GOOD, quarantined: BAD, duplicate: TWICE });
      expect(balanced(delivery)).toBe(true);
    }
  });
});

/** A network that fails: one in twenty requests is lost, before or after it did its work. A thousand deliveries. */
import { describe, expect, it } from '@jest/globals';
import { balanced } from '../../core/delivery/books.ts';
import { findDataset } from '../../datasets/index.ts';
import { auditDataset } from '../../platform/audit.ts';
import type { Clients } from '../../platform/aws.ts';
import { testCloud } from './support.ts';

const FILES = 1000;
const SHARE = 0.05;
const HOUR = 60 * 60 * 1000;
const seed = Number(process.env.WHARF_SEED ?? Date.now() % 1_000_000);

/** Numbers between 0 and 1 that a seed repeats (mulberry32). */
function random(from: number): () => number {
  let state = from;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const reset = (): Error =>
  Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', $retryable: {} });

/** Clients some of whose requests fail, half of them after the service answered. The SDK's own retries see it. */
function unreliable(draw: () => number, counter: { lost: number }) {
  return (clients: Clients): Clients => {
    for (const client of [clients.s3, clients.sqs, clients.dynamodb] as const)
      (client.middlewareStack as { add(m: unknown, o: unknown): void }).add(
        (next: (args: unknown) => Promise<unknown>) => async (args: unknown) => {
          const fate = draw();
          if (fate < SHARE) counter.lost++;
          if (fate < SHARE / 2) throw reset();
          const answer = await next(args);
          if (fate < SHARE) throw reset();
          return answer;
        },
        { step: 'deserialize', name: 'chaos', priority: 'high' },
      );
    return clients;
  };
}

const rowsOf = (i: number): string =>
  `user_id,age,gender,device\n${i},${20 + (i % 50)},F,Mobile\n${FILES + i},-1,M,Tablet\n${i},${20 + (i % 50)},F,Mobile\n`;

describe('a network that loses requests', () => {
  it('costs time, and neither a row nor a book', async () => {
    const counter = { lost: 0 };
    await using cloud = await testCloud({ clients: unreliable(random(seed), counter) });
    const keys = Array.from({ length: FILES }, (_, i) => `landing/recomart/users/${i}.csv`);
    for (let i = 0; i < FILES; i += 20)
      await Promise.all(keys.slice(i, i + 20).map((key, j) => cloud.put(key, rowsOf(i + j))));
    await cloud.cloud.idle();
    const entries = await cloud.deliveries('recomart.users');
    const odd = entries.filter((d) => d.state !== 'committed' || !balanced(d) || d.accepted !== 1);
    const sums = await cloud.rows(
      'SELECT count(*) AS rows, count(DISTINCT user_id) AS users, sum(CAST(user_id AS INT)) AS sum FROM recomart.users',
    );
    const refused = await cloud.rows('SELECT count(*) AS rows FROM recomart.users__quarantine');
    const findings = await auditDataset(findDataset('recomart.users')!, {
      ...cloud,
      lakeBucket: cloud.env.WHARF_LAKE_BUCKET!,
      now: () => new Date(Date.now() + 2 * HOUR),
    });
    expect({
      ...{ seed, entries: entries.length, odd, sums, refused, deadLetters: await cloud.deadLetters() },
      broken: findings.filter(({ severity }) => severity !== 'orphan'),
    }).toEqual({
      ...{ seed, entries: FILES, odd: [], deadLetters: 0, broken: [] },
      sums: [{ rows: String(FILES), users: String(FILES), sum: String((FILES * (FILES - 1)) / 2) }],
      refused: [{ rows: String(FILES) }],
    });
    expect(counter.lost).toBeGreaterThan(FILES / 2);
  }, 600_000);
});

/** A network that fails: one in twenty requests is lost, before or after it did its work. A thousand deliveries. */
import { describe, expect, it } from '@jest/globals';
import { balanced } from '../../core/delivery/books.ts';
import { type Random, random } from '../../core/generate/random.ts';
import { users } from '../../datasets/recomart/users.ts';
import type { Clients } from '../../platform/aws.ts';
import { disturbed, reset } from '../support/requests.ts';
import { testCloud } from './support.ts';

const FILES = 1000;
const SHARE = 0.05;
const seed = Number(process.env.WHARF_SEED ?? Date.now() % 1_000_000);

/** Clients some of whose requests fail, half of them after the service answered. The SDK's own retries see it. */
function unreliable({ next }: Random, counter: { lost: number }) {
  return (clients: Clients): Clients =>
    disturbed(clients, async (send) => {
      const fate = next();
      if (fate < SHARE) counter.lost++;
      if (fate < SHARE / 2) throw reset();
      const answer = await send();
      if (fate < SHARE) throw reset();
      return answer;
    });
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
    const findings = await cloud.audit(users);
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

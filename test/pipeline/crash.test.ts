/** A crash right after any write, then a redelivery: the same tables, the same books. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Clients } from '../../platform/aws.ts';
import { books, testCloud } from './support.ts';

/** Commands that change something. */
const writes = /^(Put|Update|Delete|Send)/;

/** Clients that count writes and fail after the nth: the write happened, the process that made it is gone. */
function failing(after: number, counter: { writes: number }) {
  return (clients: Clients): Clients => {
    for (const client of [clients.s3, clients.sqs, clients.dynamodb] as const)
      (client.middlewareStack as { add(m: unknown, o: unknown): void }).add(
        (next: (args: unknown) => Promise<unknown>, context: { commandName?: string }) =>
          async (args: unknown) => {
            const result = await next(args);
            if (writes.test(context.commandName ?? '') && ++counter.writes === after)
              throw new Error('crashed here');
            return result;
          },
        { step: 'initialize', name: 'crash' },
      );
    return clients;
  };
}

const first = 'user_id,age,gender,device\n1,30,F,Mobile\n2,0,F,Mobile\n3,30,M,Tablet\n3,30,M,Tablet\n';
const second = 'user_id,age,gender,device\n1,31,F,Mobile\n4,30,M,Desktop\n';

/** Lands a file and then new content under its key; what the tables and the ledger say at the end. */
async function run(after: number) {
  const counter = { writes: 0 };
  await using cloud = await testCloud({ clients: failing(after, counter) });
  await cloud.land('recomart.users', 'a.csv', first);
  await cloud.land('recomart.users', 'a.csv', second);
  const rows = await cloud.rows(
    'SELECT user_id, age, gender, device, _row FROM recomart.users ORDER BY user_id',
  );
  const tables = await cloud.lake.tables();
  const refused = tables.includes('recomart.users__quarantine')
    ? await cloud.rows('SELECT _row, raw, reasons FROM recomart.users__quarantine')
    : [];
  const entries = (await cloud.deliveries('recomart.users'))
    .sort((a, b) => (a.order < b.order ? -1 : 1))
    .map(books);
  return {
    writes: counter.writes,
    outcome: { rows, refused, entries, deadLetters: await cloud.deadLetters() },
  };
}

describe('a crash', () => {
  let undisturbed: Awaited<ReturnType<typeof run>>;
  beforeAll(async () => {
    undisturbed = await run(Number.POSITIVE_INFINITY);
  }, 60_000);

  it('has something to crash after', () => {
    expect(undisturbed.writes).toBeGreaterThan(15);
    expect(undisturbed.outcome).toMatchObject({
      deadLetters: 0,
      rows: [{ user_id: '1', age: '31' }, { user_id: '4' }],
    });
  });

  it('after any one write changes nothing in the end', async () => {
    const different: unknown[] = [];
    for (let after = 1; after <= undisturbed.writes; after++) {
      const { outcome } = await run(after);
      if (JSON.stringify(outcome) !== JSON.stringify(undisturbed.outcome)) different.push({ after, outcome });
    }
    expect(different).toEqual([]);
  }, 240_000);
});

/** A crash right after any write, then a redelivery: the same tables, the same books, the same documents. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Delivery, Manifest } from '../../core/delivery/model.ts';
import type { Clients } from '../../platform/aws.ts';
import { books, type TestCloud, testCloud } from './support.ts';

/** Commands that change something. */
const writes = /^(Put|Update|Delete|Send)/;

type Send = (args: unknown) => Promise<unknown>;

/** Clients whose writes go through `around`. */
const disturbed =
  (around: (send: Send, args: unknown) => Promise<unknown>) =>
  (clients: Clients): Clients => {
    for (const client of [clients.s3, clients.sqs, clients.dynamodb] as const)
      (client.middlewareStack as { add(m: unknown, o: unknown): void }).add(
        (next: Send, context: { commandName?: string }) => (args: unknown) =>
          writes.test(context.commandName ?? '') ? around(next, args) : next(args),
        { step: 'initialize', name: 'disturbed' },
      );
    return clients;
  };

/** Fails after the nth write: it happened, the process that made it is gone. */
const crashing = (after: number, counter: { writes: number }) =>
  disturbed(async (send, args) => {
    const result = await send(args);
    if (++counter.writes === after) throw new Error('crashed here');
    return result;
  });

/** Makes every write twice, as the SDK does when it hears no answer to the first. */
const repeating = disturbed(async (send, args) => {
  await send(args);
  return send(args);
});

const first = 'user_id,age,gender,device\n1,30,F,Mobile\n2,0,F,Mobile\n3,30,M,Tablet\n3,30,M,Tablet\n';
const second = 'user_id,age,gender,device\n1,31,F,Mobile\n4,30,M,Desktop\n';

/** What a delivery's companion metadata says beyond its manifest's paths; whether it agrees with the ledger and the manifest. */
async function companionOf({ objects }: TestCloud, { manifest, delivery, ended_at, snapshot }: Delivery) {
  const read = async (path: string) => JSON.parse(new TextDecoder().decode(await objects.read(path)));
  const { data, quarantine }: Manifest = await read(manifest!);
  const said = await read(manifest!.replace(/[^/]+$/, `${delivery}.metadata.json`)).catch(() => undefined);
  return {
    ...{ state: said?.state, books: said?.books, columns: said?.columns, reasons: said?.reasons },
    closedAsTold: said?.ended_at === ended_at && String(said?.snapshot) === String(snapshot),
    filesAsWritten:
      JSON.stringify(said?.files.map((file: { path: string }) => file.path)) ===
      JSON.stringify([...data, ...quarantine].map(({ path }) => path)),
  };
}

/** Lands a file and then new content under its key; what the tables, ledger and documents say at the end. */
async function run(clients: (clients: Clients) => Clients) {
  await using cloud = await testCloud({ clients });
  await cloud.land('recomart.users', 'a.csv', first);
  await cloud.land('recomart.users', 'a.csv', second);
  const rows = await cloud.rows(
    'SELECT user_id, age, gender, device, _row FROM recomart.users ORDER BY user_id',
  );
  const tables = await cloud.lake.tables();
  const refused = tables.includes('recomart.users__quarantine')
    ? await cloud.rows('SELECT _row, raw, reasons FROM recomart.users__quarantine')
    : [];
  const entries = (await cloud.deliveries('recomart.users')).sort((a, b) => (a.order < b.order ? -1 : 1));
  const companions = await Promise.all(entries.map((entry) => companionOf(cloud, entry)));
  return { rows, refused, entries: entries.map(books), companions, deadLetters: await cloud.deadLetters() };
}

describe('a crash', () => {
  const counter = { writes: 0 };
  let undisturbed: Awaited<ReturnType<typeof run>>;
  beforeAll(async () => {
    undisturbed = await run(crashing(Number.POSITIVE_INFINITY, counter));
  }, 60_000);

  it('has something to crash after', () => {
    expect(counter.writes).toBeGreaterThan(15);
    const asTold = { state: 'committed', closedAsTold: true, filesAsWritten: true };
    expect(undisturbed).toMatchObject({
      deadLetters: 0,
      rows: [{ user_id: '1', age: '31' }, { user_id: '4' }],
      companions: [
        { ...asTold, books: { read: 4, accepted: 2, quarantined: 1, duplicate: 1 } },
        { ...asTold, books: { read: 2, accepted: 2, quarantined: 0, duplicate: 0 } },
      ],
    });
  });

  it('after any one write changes nothing in the end', async () => {
    const different: unknown[] = [];
    for (let after = 1; after <= counter.writes; after++) {
      const outcome = await run(crashing(after, { writes: 0 }));
      if (JSON.stringify(outcome) !== JSON.stringify(undisturbed)) different.push({ after, outcome });
    }
    expect(different).toEqual([]);
  }, 240_000);
});

it('a write whose answer is lost and that is made again changes nothing', async () => {
  const outcome = await run(repeating);
  expect(outcome).toEqual(await run((clients) => clients));
}, 60_000);

/** Compaction beside a pipeline at work: readers see the same rows, and everything else goes on. */
import { join } from 'node:path';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { describe, expect, it } from '@jest/globals';
import { parseMetadata } from '../../../core/lake/metadata.ts';
import type { Catalog } from '../../../core/lake/model.ts';
import { liveFiles } from '../../../core/lake/scan.ts';
import { expireSnapshots } from '../../../core/lake/table.ts';
import { findDataset } from '../../../datasets/index.ts';
import { removeOrphans } from '../../../platform/audit.ts';
import { type CompactDeps, compactDataset } from '../../../platform/compact/compact.ts';
import { setApart } from '../../../platform/compact/set-apart.ts';
import { Engine } from '../../../platform/engine/duckdb.ts';
import { broken, message, user } from '../../pipeline/posted.ts';
import { type TestCloud, testCloud } from '../../pipeline/support.ts';

const users = 'recomart.users';
const contract = findDataset(users)!;
const sizes = { fewest: 2 };
const HOUR = 3_600_000;

/** As many deliveries as there are parts; each has a refused event, too. */
async function post(cloud: TestCloud, from: number, parts: number): Promise<void> {
  for (let i = from; i < from + parts; i++) {
    await cloud.post([message('post', i, users, [user(2 * i), user(2 * i + 1), user(-1, { age: -i })])]);
    await cloud.idle();
  }
}

async function withCloud(work: (cloud: TestCloud, deps: CompactDeps) => Promise<void>): Promise<void> {
  await using cloud = await testCloud();
  const tmp = join(cloud.env.WHARF_TMP!, 'compact');
  using engine = await Engine.open({ dir: tmp, memoryMb: 200, threads: 1 });
  const { catalog, objects, ledger } = cloud;
  const lakeBucket = cloud.env.WHARF_LAKE_BUCKET!;
  await work(cloud, {
    catalog,
    objects,
    ledger,
    lakeBucket,
    tmp,
    engine: async () => engine,
    now: () => new Date(),
  });
}

const rows = async (cloud: TestCloud) => [
  await cloud.rows(`SELECT * FROM ${users} ORDER BY ALL`),
  await cloud.rows(`SELECT * FROM ${users}__quarantine ORDER BY ALL`),
];
async function files(cloud: TestCloud, table = users) {
  const metadata = parseMetadata(await cloud.objects.read((await cloud.catalog.current(table))!));
  return { metadata, live: await liveFiles(metadata, cloud.objects) };
}

describe('what was compacted', () => {
  it(
    'can be undone one delivery at a time, once that is set apart',
    () =>
      withCloud(async (cloud, deps) => {
        await post(cloud, 0, 4);
        await compactDataset(contract, deps, sizes);
        const entries = (await cloud.deliveries(users)).sort((a, b) => (a.order < b.order ? -1 : 1));
        const ids = entries.map(({ delivery }) => delivery);
        const undo = (deliveries: readonly string[]) => cloud.revise(users, { what: 'undo', deliveries });
        const [first, second] = [ids.slice(0, 1), ids.slice(1, 3)];
        expect(await undo(first)).toMatchObject({ state: 'refused', why: { code: 'undo.compacted' } });
        const before = await rows(cloud);
        expect(await setApart(contract, first, deps)).toBe(2);
        expect(await setApart(contract, first, deps)).toBe(0);
        expect(await rows(cloud)).toEqual(before);
        expect(await undo(first)).toMatchObject({ state: 'done' });
        await setApart(contract, second, deps);
        expect(await undo(second)).toMatchObject({ state: 'done' });
        const [shown, refused] = await rows(cloud);
        expect(shown!.map((row) => row._delivery)).toEqual([ids[3], ids[3]]);
        expect(refused!.map((row) => row._delivery)).toEqual([ids[3]]);
        expect(await cloud.audit(contract)).toEqual([]);
      }),
    60_000,
  );

  it(
    'is taken back with its table to where it was many files',
    () =>
      withCloud(async (cloud, deps) => {
        await post(cloud, 0, 3);
        const [, middle] = (await cloud.deliveries(users)).sort((a, b) => (a.order < b.order ? -1 : 1));
        await compactDataset(contract, deps, sizes);
        await post(cloud, 3, 1);
        await compactDataset(contract, deps, sizes);
        const to = { what: 'rollback', to: middle!.snapshot! } as const;
        expect(await cloud.revise(users, to)).toMatchObject({ state: 'done', outcome: { outs: 2 } });
        expect((await rows(cloud)).map((shown) => shown.length)).toEqual([4, 2]);
        expect(await cloud.audit(contract)).toEqual([]);
      }),
    60_000,
  );
});

describe('compaction', () => {
  it(
    'makes one file of many, and nobody who reads sees a difference',
    () =>
      withCloud(async (cloud, deps) => {
        await cloud.land(users, 'a.csv', 'user_id,age,gender,device\n900,30,F,Mobile\n901,0,F,Mobile\n');
        await post(cloud, 0, 4);
        const before = await rows(cloud);
        expect(await compactDataset(contract, deps, sizes)).toEqual([
          { table: users, before: 4, after: 1, rows: 8 },
          { table: `${users}__quarantine`, before: 4, after: 1, rows: 4 },
        ]);
        expect(await rows(cloud)).toEqual(before);
        const { metadata, live } = await files(cloud);
        expect(live).toHaveLength(2);
        expect(metadata.snapshots.at(-1)!.summary).toMatchObject({
          ...{ operation: 'replace', 'total-records': '9', 'total-data-files': '2' },
          ...{ 'added-records': '8', 'deleted-records': '8' },
        });
        expect(await broken(cloud, users)).toEqual([]);
        expect((await compactDataset(contract, deps, sizes)).map((one) => one.before)).toEqual([0, 0]);
      }),
    60_000,
  );

  it(
    'takes what came since in with what it made before, and lets files be overwritten beside it',
    () =>
      withCloud(async (cloud, deps) => {
        const land = (id: number, name: number) =>
          cloud.land(users, `${name}.csv`, `user_id,age,gender,device\n${id},30,F,Mobile\n`);
        // Enough for the id of one to lie among those of the events.
        const names = Array.from({ length: 6 }, (_, i) => i);
        for (const name of names) await land(900 + name, name);
        await post(cloud, 0, 2);
        await compactDataset(contract, deps, sizes);
        await post(cloud, 2, 2);
        await compactDataset(contract, deps, sizes);
        for (const name of names) expect((await land(910 + name, name)).state).toBe('committed');
        expect((await files(cloud)).live).toHaveLength(7);
        const [{ ids }] = (await cloud.rows(
          `SELECT list_sort(list(CAST(user_id AS INT))) AS ids FROM ${users}`,
        )) as [{ ids: number[] }];
        expect(ids).toEqual([0, 1, 2, 3, 4, 5, 6, 7, ...names.map((name) => 910 + name)]);
        expect(await broken(cloud, users)).toEqual([]);
      }),
    60_000,
  );

  it(
    'goes on from what others committed meanwhile',
    () =>
      withCloud(async (cloud, deps) => {
        await post(cloud, 0, 3);
        let raced = false;
        const catalog: Catalog = {
          current: (table) => cloud.catalog.current(table),
          list: () => cloud.catalog.list(),
          async swap(table, expected, next) {
            if (!raced) {
              raced = true;
              await post(cloud, 3, 1);
            }
            return cloud.catalog.swap(table, expected, next);
          },
        };
        expect((await compactDataset(contract, { ...deps, catalog }, sizes))[0]).toMatchObject({
          before: 3,
          after: 1,
        });
        expect((await files(cloud)).live).toHaveLength(2);
        expect(await cloud.rows(`SELECT count(*) AS n FROM ${users}`)).toEqual([{ n: '8' }]);
        expect(await broken(cloud, users)).toEqual([]);
      }),
    60_000,
  );

  it(
    'leaves all as it is where another one was faster, and leaves nothing behind',
    () =>
      withCloud(async (cloud, deps) => {
        await post(cloud, 0, 3);
        let raced = false;
        const engine = async () => {
          if (!raced) {
            raced = true;
            await compactDataset(contract, deps, sizes);
          }
          return deps.engine();
        };
        const [data] = await compactDataset(contract, { ...deps, engine }, sizes);
        expect(data).toMatchObject({ before: 0, after: 0 });
        expect(await cloud.rows(`SELECT count(*) AS n FROM ${users}`)).toEqual([{ n: '6' }]);
        expect(await cloud.audit(contract)).toEqual([]);
      }),
    60_000,
  );

  it(
    'can be killed at any write: what is left over refers to nothing, and the next one does the work',
    () =>
      withCloud(async (cloud, deps) => {
        await post(cloud, 0, 2);
        const before = await rows(cloud);
        for (let fatal = 1; fatal <= 8; fatal++) {
          let writes = 0;
          const dying = <T extends object>(target: T, verbs: readonly string[]): T =>
            new Proxy(target, {
              get(of, name) {
                const value = Reflect.get(of, name) as unknown;
                if (typeof value !== 'function') return value;
                const call = value.bind(of) as (...args: unknown[]) => Promise<unknown>;
                if (!verbs.includes(String(name))) return call;
                return async (...args: unknown[]) => {
                  const answer = await call(...args);
                  if (++writes >= fatal) throw new Error('killed');
                  return answer;
                };
              },
            });
          const killed = {
            ...deps,
            objects: dying(deps.objects, ['write', 'upload', 'delete']),
            catalog: dying(deps.catalog, ['swap']),
          };
          await expect(compactDataset(contract, killed, sizes)).rejects.toThrow('killed');
          expect(await rows(cloud)).toEqual(before);
        }
        await compactDataset(contract, deps, sizes);
        expect(await rows(cloud)).toEqual(before);
        const found = await cloud.audit(contract);
        expect(found.filter(({ severity }) => severity !== 'orphan')).toEqual([]);
        await removeOrphans(found, cloud.objects);
        expect(await cloud.audit(contract)).toEqual([]);
        expect(await rows(cloud)).toEqual(before);
      }),
    60_000,
  );

  it(
    'keeps a delivery from being committed again, also once the snapshot that did is forgotten',
    () =>
      withCloud(async (cloud, deps) => {
        await post(cloud, 0, 3);
        await compactDataset(contract, deps, sizes);
        // What names the files from before goes with the next commit.
        await post(cloud, 3, 1);
        const { catalog, objects } = cloud;
        for (const table of [users, `${users}__quarantine`]) {
          const options = { catalog, files: objects, table, nonce: () => 'e'.repeat(32) };
          expect(await expireSnapshots({ olderThan: Date.now() + HOUR, keep: 1 }, options)).toBeGreaterThan(
            2,
          );
        }
        const [late] = (await cloud.deliveries(users)).sort((a, b) => (a.order < b.order ? -1 : 1));
        await cloud.ledger.update(late!.delivery, { state: 'written' }, ['committed']);
        await cloud.sqs.send(
          new SendMessageCommand({
            QueueUrl: cloud.env.WHARF_COMMIT_QUEUE_URL,
            MessageBody: JSON.stringify({ delivery: late!.delivery, dataset: users }),
            ...{ MessageGroupId: users, MessageDeduplicationId: 'again' },
          }),
        );
        await cloud.idle();
        expect((await cloud.ledger.get(late!.delivery))!.state).toBe('committed');
        expect(await cloud.rows(`SELECT count(*) AS n FROM ${users}`)).toEqual([{ n: '8' }]);
        expect(await broken(cloud, users)).toEqual([]);
      }),
    60_000,
  );
});

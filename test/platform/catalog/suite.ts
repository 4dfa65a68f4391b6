/** What every catalog promises, whoever keeps it. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { WharfError } from '../../../core/errors.ts';
import { formatMetadata, schemaOf, type TableMetadata } from '../../../core/lake/metadata.ts';
import type { Catalog } from '../../../core/lake/model.ts';
import { liveFiles } from '../../../core/lake/scan.ts';
import type { WantedField } from '../../../core/lake/schema.ts';
import { commitChange, expireSnapshots, loadTable } from '../../../core/lake/table.ts';
import { awsClients, type Clients, type Env } from '../../../platform/aws.ts';
import { Memory } from '../../core/lake/memory.ts';
import { disturbed, reset } from '../../support/requests.ts';

/** A catalog's service, up and empty of tables in the domains `shop` and `depot`. */
export interface Service {
  readonly env: Env;
  /** The adapter under test. */
  readonly open: (clients: Clients) => Catalog;
  readonly stop: () => Promise<void>;
}

/** The same catalog, where something happens just before its first swap, or instead of the answer to it. */
function meddled(
  catalog: Catalog,
  { before, answer }: { before?: () => Promise<unknown>; answer?: () => Promise<never> },
): Catalog {
  let first = true;
  return {
    current: (table) => catalog.current(table),
    list: () => catalog.list(),
    async swap(...swap) {
      const disturb = first;
      first = false;
      if (disturb) await before?.();
      await catalog.swap(...swap);
      if (disturb) await answer?.();
    },
  };
}

/** Clients that never hear the answer to their first write: it happened, and the SDK repeats it. */
export function hardOfHearing(clients: Clients): Clients {
  let heard = true;
  return disturbed(clients, async (send, { writes }) => {
    const answer = await send();
    if (!heard || !writes) return answer;
    heard = false;
    throw reset();
  });
}

export const columns: readonly WantedField[] = [{ name: 'sku', type: 'string', doc: 'What it is.' }];
const nonce = () => randomBytes(16).toString('hex');

/** A table nobody used before. */
let tables = 0;
export const newTable = () => `shop.t${process.pid}_${tables++}`;

const conflict = { code: 'catalog.conflict', route: 'transient' };

export interface Writer {
  readonly catalog: Catalog;
  /** Documents are real; only where they stand is not. */
  readonly files: Memory;
  readonly table: string;
}

/** Commits one delivery of one file. */
export const commit = (
  { catalog, files, table }: Writer,
  delivery: string,
  change: Partial<Parameters<typeof commitChange>[0]> = {},
) =>
  commitChange(
    {
      location: `s3://lake/${table.replace('.', '/')}`,
      append: [{ path: `s3://lake/${delivery}_0.parquet`, records: 1, bytes: 9, partition: {}, columns: {} }],
      ...{ columns, partitionBy: [], remove: [], deliveries: [delivery], now: 1000 },
      ...change,
    },
    { catalog, files, table, nonce },
  );

const metadataOf = async ({ catalog, files, table }: Writer) =>
  (await loadTable(catalog, files, table))!.metadata;

const live = async (writer: Writer, metadata?: TableMetadata) => {
  const shown = metadata ?? (await metadataOf(writer));
  return (await liveFiles(shown, writer.files)).map(({ delivery }) => delivery).sort();
};

/** Runs the suite; `start` is called once. @returns the service, for tests of the adapter's own */
export function catalogSuite(name: string, start: () => Promise<Service>): { readonly service: Service } {
  const started = {} as { service: Service };
  beforeAll(async () => {
    started.service = await start();
  }, 60_000);
  afterAll(() => started.service?.stop());

  /** What one process sees the tables through. */
  const open = (clients = awsClients(started.service.env)): Catalog => started.service.open(clients);
  const writer = (): Writer => ({ catalog: open(), files: new Memory(), table: newTable() });
  /** Metadata as any table may have it. */
  const example = async () => {
    const one = { ...writer(), catalog: new Memory() };
    await commit(one, 'x');
    return metadataOf(one);
  };

  describe(`the catalog in ${name}`, () => {
    it('knows no table that nobody made', async () => {
      const { catalog, table } = writer();
      expect(await catalog.current(table)).toBeUndefined();
      expect(await catalog.current('nowhere.t')).toBeUndefined();
    });

    it('lists the tables of all domains once they are made', async () => {
      const shop = writer();
      const depot = { ...shop, table: shop.table.replace('shop', 'depot') };
      await commit(shop, 'a');
      await commit(depot, 'b');
      const listed = await open().list();
      expect(listed).toEqual(expect.arrayContaining([depot.table, shop.table]));
      expect(listed).toEqual([...listed].sort());
    });

    it('shows everybody the last commit', async () => {
      const one = writer();
      await commit(one, 'a');
      const before = await one.catalog.current(one.table);
      await commit(one, 'b');
      expect(await open().current(one.table)).not.toBe(before);
      expect(await live({ ...one, catalog: open() })).toEqual(['a', 'b']);
    });

    it.each([
      ['a place where it no longer stands', 's3://lake/old.json'],
      ['nothing, as if it were new', undefined],
    ])('moves no table away from %s', async (_, expected) => {
      const one = writer();
      await commit(one, 'a');
      const { metadata, path } = (await loadTable(one.catalog, one.files, one.table))!;
      const swapped = one.catalog.swap(one.table, expected, 's3://lake/mine.json', metadata);
      await expect(swapped).rejects.toMatchObject(conflict);
      expect(await open().current(one.table)).toBe(path);
    });

    it('moves no table that is not there', async () => {
      const { catalog, table } = writer();
      const swapped = catalog.swap(table, 's3://lake/old.json', 's3://lake/mine.json', await example());
      await expect(swapped).rejects.toMatchObject(conflict);
      expect(await open().current(table)).toBeUndefined();
    });

    it.each([
      ['make a table', 0],
      ['move a table', 1],
    ])('lets one of many %s', async (_, commits) => {
      const one = writer();
      const metadata = await example();
      if (commits) await commit(one, 'a');
      const from = await one.catalog.current(one.table);
      const swaps = Array.from({ length: 8 }, (_, i) =>
        open().swap(one.table, from, `s3://lake/${i}.json`, metadata),
      );
      const ends = await Promise.allSettled(swaps);
      const won = ends.flatMap(({ status }, i) => (status === 'fulfilled' ? [`s3://lake/${i}.json`] : []));
      expect(won).toEqual([await open().current(one.table)]);
      const lost = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason] : []));
      expect(lost).toHaveLength(7);
      for (const reason of lost) expect(reason).toMatchObject(conflict);
    });

    it('loses no commit of two writers at one table', async () => {
      const one = writer();
      const two = { ...one, catalog: open() };
      const ids = ['0', '1', '2', '3', '4'];
      const commits = async (by: Writer, prefix: string) => {
        for (const id of ids) await commit(by, prefix + id);
      };
      await Promise.all([commits(one, 'a'), commits(two, 'b')]);
      expect(await live(one)).toEqual(['a', 'b'].flatMap((prefix) => ids.map((id) => prefix + id)));
      const snapshots = (await metadataOf(one)).snapshots;
      expect(snapshots.map((s) => s['sequence-number'])).toEqual(snapshots.map((_, i) => i + 1));
    });

    it.each([0, 1])('takes a move for done whose answer was lost, after %d commits', async (commits) => {
      const one = writer();
      for (let i = 0; i < commits; i++) await commit(one, 'a');
      const from = await one.catalog.current(one.table);
      const deaf = open(hardOfHearing(awsClients(started.service.env)));
      await deaf.swap(one.table, from, 's3://lake/mine.json', await example());
      expect(await one.catalog.current(one.table)).toBe('s3://lake/mine.json');
    });

    it('keeps a commit whose answer was lost, and that another commit stands on by now', async () => {
      const one = writer();
      const answer = async (): Promise<never> => {
        await commit(one, 'b');
        throw new WharfError('somebody else was first', { code: 'catalog.conflict' });
      };
      await commit({ ...one, catalog: meddled(one.catalog, { answer }) }, 'a');
      expect(await live(one)).toEqual(['a', 'b']);
    });

    it('shows a table with the columns it was given since', async () => {
      const one = writer();
      await commit(one, 'a');
      await commit(one, 'b', { columns: [...columns, { name: 'price', type: 'decimal(10, 2)' }] });
      const metadata = await metadataOf({ ...one, catalog: open() });
      expect(schemaOf(metadata).fields.map(({ id, name }) => [id, name])).toEqual([
        [1, 'sku'],
        [2, 'price'],
      ]);
    });

    it('deletes nothing of an old snapshot that somebody went back to meanwhile', async () => {
      const one = writer();
      await commit(one, 'a', { now: 1 });
      const { metadata: old } = (await loadTable(one.catalog, one.files, one.table))!;
      await commit(one, 'b', { now: 2, remove: ['a'] });
      const goBack = async () => {
        const { metadata, path } = (await loadTable(one.catalog, one.files, one.table))!;
        const back = { ...metadata, 'current-snapshot-id': old['current-snapshot-id'], refs: old.refs };
        await one.files.write('s3://lake/metadata/00009-back.metadata.json', formatMetadata(back));
        await open().swap(one.table, path, 's3://lake/metadata/00009-back.metadata.json', back);
      };
      const expiry = expireSnapshots(
        { olderThan: 50, keep: 1 },
        { ...one, catalog: meddled(one.catalog, { before: goBack }), nonce },
      );
      await expect(expiry).rejects.toMatchObject(conflict);
      expect(await live(one)).toEqual(['a']);
      expect(await live(one, old)).toEqual(['a']);
    });
  });
  return started;
}

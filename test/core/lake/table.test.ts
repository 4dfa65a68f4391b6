import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  currentSnapshot,
  formatMetadata,
  schemaOf,
  type TableMetadata,
} from '../../../core/lake/metadata.ts';
import type { Catalog, DataFile } from '../../../core/lake/model.ts';
import { liveFiles, manifestsOf } from '../../../core/lake/scan.ts';
import { commitChange, expireSnapshots, loadTable } from '../../../core/lake/table.ts';
import { Memory } from './memory.ts';

let memory: Memory;
let count: number;
beforeEach(() => {
  memory = new Memory();
  count = 0;
});

const nonce = () => (++count).toString(16).padStart(13, '0').padEnd(32, '0');
const file = (delivery: string, n = 0, month = '660'): DataFile => ({
  path: `s3://b/t/data/${delivery}_x_${n}.parquet`,
  records: 10,
  bytes: 100,
  partition: { at_month: month },
  columns: { a: { nulls: 1, min: 'x', max: 'y' }, n: { nulls: 0, min: '1', max: '9' } },
});

const options = () => ({ catalog: memory, files: memory, table: 'd.t', nonce });
const commit = (delivery: string, more: Partial<Parameters<typeof commitChange>[0]> = {}, overrides = {}) =>
  commitChange(
    {
      location: 's3://b/t',
      columns: [
        { name: 'a', type: 'string' },
        { name: 'n', type: 'long' },
        { name: 'at', type: 'timestamptz' },
      ],
      partitionBy: [{ transform: 'month', field: 'at', name: 'at_month' }],
      append: [file(delivery)],
      remove: [],
      deliveries: [delivery],
      now: 1000 + count,
      ...more,
    },
    { ...options(), ...overrides },
  );
const table = async () => (await loadTable(memory, memory, 'd.t'))!.metadata;
const live = async () => (await liveFiles(await table(), memory)).map((f) => f.delivery).sort();

describe('a table', () => {
  it('is made by its first commit and grows by the next', async () => {
    await commit('d1');
    await commit('d2');
    expect(await live()).toEqual(['d1', 'd2']);
    expect(currentSnapshot(await table()).summary).toMatchObject({
      operation: 'append',
      'total-records': '20',
      'total-data-files': '2',
    });
  });

  it('shows a delivery once, however often it is committed', async () => {
    const first = await commit('d1');
    expect(await commit('d1')).toBe(first);
    expect(await live()).toEqual(['d1']);
    expect((await table()).snapshots).toHaveLength(1);
  });

  it('replaces one delivery by another in one snapshot', async () => {
    await commit('d1');
    await commit('d2');
    await commit('d3', { remove: ['d1'] });
    expect(await live()).toEqual(['d2', 'd3']);
    expect(currentSnapshot(await table()).summary).toMatchObject({
      operation: 'overwrite',
      'deleted-records': '10',
      'total-records': '20',
    });
  });

  it('keeps what an earlier snapshot showed readable', async () => {
    await commit('d1');
    await commit('d2', { remove: ['d1'] });
    const { snapshots } = await table();
    expect((await liveFiles(await table(), memory, snapshots[0])).map((f) => f.delivery)).toEqual(['d1']);
  });

  it('gets a new column with a new id, and keeps the old ones', async () => {
    await commit('d1');
    await commit('d2', {
      columns: [
        { name: 'a', type: 'string' },
        { name: 'n', type: 'long' },
        { name: 'at', type: 'timestamptz' },
        { name: 'more', type: 'double' },
      ],
    });
    expect(schemaOf(await table()).fields.map(({ id, name }) => [id, name])).toEqual([
      [1, 'a'],
      [2, 'n'],
      [3, 'at'],
      [4, 'more'],
    ]);
    expect((await table()).schemas).toHaveLength(2);
  });

  it('keeps a column the contract no longer has', async () => {
    await commit('d1');
    await commit('d2', {
      columns: [
        { name: 'a', type: 'string' },
        { name: 'at', type: 'timestamptz' },
      ],
    });
    expect(schemaOf(await table()).fields.map(({ name }) => name)).toEqual(['a', 'n', 'at']);
  });

  it('refuses to narrow a column, naming it', async () => {
    await commit('d1');
    const narrowed = commit('d2', {
      columns: [
        { name: 'n', type: 'int' },
        { name: 'at', type: 'timestamptz' },
      ],
    });
    await expect(narrowed).rejects.toMatchObject({
      code: 'lake.incompatible_type',
      message: expect.stringContaining('"n" is long'),
    });
  });

  it('commits again on the new state when somebody else was first', async () => {
    await commit('d1');
    let once = true;
    const racing: Catalog = {
      current: (name) => memory.current(name),
      list: () => memory.list(),
      async swap(name, expected, next) {
        if (once) {
          once = false;
          await commit('d2');
        }
        return memory.swap(name, expected, next);
      },
    };
    await commit('d3', {}, { catalog: racing });
    expect(await live()).toEqual(['d1', 'd2', 'd3']);
  });

  it('keeps its number of manifests bounded', async () => {
    for (let i = 0; i < 130; i++) await commit(`d${i}`);
    const manifests = [...memory.stored.keys()].filter((path) => path.includes('-merge')).length;
    expect(manifests).toBeGreaterThan(0);
    expect(await live()).toHaveLength(130);
  });
});

describe('a table that others write to', () => {
  /** Changes the current metadata as another program would: a document of its own. */
  const meddle = async (change: (metadata: TableMetadata) => object) => {
    const before = await memory.current('d.t');
    await memory.write(
      's3://b/t/metadata/00099-x.metadata.json',
      formatMetadata({ ...(await table()), ...change(await table()) }),
    );
    await memory.swap('d.t', before, 's3://b/t/metadata/00099-x.metadata.json');
  };

  it('keeps their branches, tags, properties and statistics', async () => {
    await commit('d1');
    const theirs = { statistics: [{ 'statistics-path': 's3://b/s' }], properties: { owner: 'them' } };
    await meddle(({ refs }) => ({ ...theirs, refs: { ...refs, audit: { ...refs.main, type: 'tag' } } }));
    await commit('d2');
    expect(await table()).toMatchObject({ ...theirs, refs: { audit: { type: 'tag' } } });
    expect((await table()).refs.audit!['snapshot-id']).not.toBe((await table())['current-snapshot-id']);
  });

  it('keeps the snapshot a tag names, however old', async () => {
    await commit('d1', { now: 1 });
    await meddle(({ refs }) => ({ refs: { ...refs, audit: { ...refs.main, type: 'tag' } } }));
    await commit('d2', { now: 2 });
    await commit('d3', { now: 3 });
    expect(await expireSnapshots({ olderThan: 50, keep: 1 }, options())).toBe(1);
    expect((await table()).snapshots).toHaveLength(2);
  });

  it('does not take back a delivery whose rows they moved to a file of theirs', async () => {
    const columns = [{ name: '_delivery', type: 'string' }];
    const moved = { ...file('00000-0'), columns: { _delivery: { nulls: 0, min: 'd1', max: 'd7' } } };
    const common = { columns, partitionBy: [] };
    await commit('00000-0', { ...common, append: [moved] });
    const undo = commit('d9', { ...common, append: [], remove: ['d4'] });
    await expect(undo).rejects.toMatchObject({ code: 'lake.rewritten' });
  });
});

describe('partition values', () => {
  const of = async (type: string, value: string) => {
    const partitionBy = [{ transform: 'identity', field: 'p', name: 'p' }] as const;
    const append = [{ ...file('d1'), partition: { p: value } }];
    await commit('d1', { columns: [{ name: 'p', type }], partitionBy, append });
    return (await liveFiles(await table(), memory))[0]!.partition.p;
  };

  it.each([
    ['a day before 1970', 'date', '-1', -1],
    ['a day as it is written', 'date', '1969-12-31', -1],
    ['a number that JavaScript would round', 'long', '-9007199254741000', -9007199254741000n],
    ['a text that looks like nothing', 'string', 'null', 'null'],
    ['a truth', 'boolean', 'true', true],
  ])('keep %s', async (_, type, value, expected) => {
    expect(await of(type, value)).toBe(expected);
  });

  it('are summed up in the order of code points', async () => {
    const partitionBy = [{ transform: 'identity', field: 'p', name: 'p' }] as const;
    const append = ['🦆', '\ufb00'].map((p, n) => ({ ...file('d1', n), partition: { p } }));
    await commit('d1', { columns: [{ name: 'p', type: 'string' }], partitionBy, append });
    const [manifest] = await manifestsOf(currentSnapshot(await table()), memory);
    expect(String(manifest!.partitions![0]!.upper_bound)).toBe('🦆');
  });
});

/** What goes when it is old: snapshots with what only they reach, and metadata files of the past. */
import { beforeEach, describe, expect, it } from '@jest/globals';
import { formatMetadata, type TableMetadata } from '../../../core/lake/metadata.ts';
import type { Catalog, Files } from '../../../core/lake/model.ts';
import { liveFiles } from '../../../core/lake/scan.ts';
import { commitChange, expireSnapshots, loadTable } from '../../../core/lake/table.ts';
import { Memory } from './memory.ts';

let memory: Memory;
let count: number;
beforeEach(() => {
  memory = new Memory();
  count = 0;
});

const location = 's3://b/t';
const options = () => ({
  ...{ catalog: memory, files: memory, table: 'd.t' },
  nonce: () => (++count).toString(16).padStart(13, '0').padEnd(32, '0'),
});
const load = async () => (await loadTable(memory, memory, 'd.t'))!;

/** Commits a delivery with one file, taking others back. */
async function commit(
  delivery: string,
  now: number,
  remove: readonly string[] = [],
  { since, ...overrides }: { since?: number; files?: Files; catalog?: Catalog } = {},
) {
  const path = `${location}/data/${delivery}_0.parquet`;
  await memory.write(path, new Uint8Array(1));
  await commitChange(
    {
      ...{ location, columns: [{ name: 'a', type: 'string' }], partitionBy: [], remove, now, since },
      append: [{ path, records: 1, bytes: 1, partition: {}, columns: {} }],
      deliveries: [delivery],
    },
    { ...options(), ...overrides },
  );
}

const stored = (pattern: RegExp) => [...memory.stored.keys()].filter((path) => pattern.test(path));

/** Deliveries each snapshot shows; reading them needs every document and file they are made of. */
async function shown(): Promise<string[][]> {
  const { metadata } = await load();
  return Promise.all(
    metadata.snapshots.map(async (snapshot) => {
      const live = await liveFiles(metadata, memory, snapshot);
      await Promise.all(live.map(({ path }) => memory.read(path)));
      return live.map(({ delivery }) => delivery).sort();
    }),
  );
}

describe('expiry of snapshots', () => {
  it('deletes the lists, manifests and rows that only they reach, and nothing another shows', async () => {
    await commit('d1', 1);
    await commit('d2', 2, ['d1']);
    await commit('d3', 100);
    expect(await expireSnapshots({ olderThan: 50, keep: 1 }, options())).toBe(2);
    expect(await shown()).toEqual([['d2', 'd3']]);
    expect(stored(/snap-/)).toHaveLength(1);
    expect(stored(/-(add|rewrite|merge)/)).toHaveLength(2);
    expect(stored(/\/data\//)).toEqual([`${location}/data/d2_0.parquet`, `${location}/data/d3_0.parquet`]);
  });

  it('keeps rows that a snapshot still shows though a later one took them back', async () => {
    for (const [i, remove] of [[], [], ['d1'], ['d2']].entries()) await commit(`d${i + 1}`, i, remove);
    expect(await expireSnapshots({ olderThan: 50, keep: 2 }, options())).toBe(2);
    expect(await shown()).toEqual([
      ['d2', 'd3'],
      ['d3', 'd4'],
    ]);
    expect(stored(/\/data\//)).not.toContain(`${location}/data/d1_0.parquet`);
  });

  it('keeps rows whose manifests were merged', async () => {
    for (let i = 0; i < 130; i++) await commit(`d${i}`, i);
    await expireSnapshots({ olderThan: 1000, keep: 2 }, options());
    expect((await shown()).map((deliveries) => deliveries.length)).toEqual([129, 130]);
    expect(stored(/\/data\//)).toHaveLength(130);
    const { metadata } = await load();
    expect(stored(/snap-/)).toEqual(metadata.snapshots.map((snapshot) => snapshot['manifest-list']));
  });

  it('thins out the young ones: all of the newest, before them the last of each span', async () => {
    for (const [i, now] of [100, 101, 109, 110, 120, 121, 122, 123].entries()) await commit(`d${i}`, now);
    expect(await expireSnapshots({ olderThan: 105, keep: 1, recent: 2, span: 10 }, options())).toBe(4);
    const { metadata } = await load();
    expect(metadata.snapshots.map((snapshot) => snapshot['timestamp-ms'])).toEqual([109, 110, 122, 123]);
    // Over a gap a reader would be shown what stood there earlier.
    expect(metadata['snapshot-log'].map((entry) => entry['timestamp-ms'])).toEqual([122, 123]);
    expect((await shown()).map((deliveries) => deliveries.length)).toEqual([3, 4, 7, 8]);
  });

  it('keeps every row that a kept snapshot shows, however snapshots between them go and rows are replaced', async () => {
    for (let i = 0; i < 60; i++) await commit(`d${i}`, i, i % 3 === 2 ? [`d${i - 2}`] : []);
    const before = await shown();
    await expireSnapshots({ olderThan: 0, keep: 1, recent: 5, span: 7 }, options());
    const { metadata } = await load();
    const kept = metadata.snapshots.map((snapshot) => snapshot['timestamp-ms']);
    expect(kept.length).toBeLessThan(16);
    expect(await shown()).toEqual(kept.map((at) => before[at]));
    const reached = new Set((await shown()).flat());
    const stands = stored(/\/data\//).map((path) => /(d\d+)_0/.exec(path)![1]!);
    expect(stands.toSorted()).toEqual([...reached].toSorted());
  });

  it.each([0, 5])('commits nothing twice whose snapshot is gone, since %d', async (since) => {
    for (let i = 0; i < 30; i++) await commit(`d${i}`, i);
    await expireSnapshots({ olderThan: 1000, keep: 2 }, options());
    await commit('d7', 31, [], { since });
    expect((await shown()).at(-1)).toHaveLength(30);
  });

  it('looks for earlier commits in no file while no snapshot is missing since the delivery began', async () => {
    for (let i = 0; i < 5; i++) await commit(`d${i}`, i);
    await expireSnapshots({ olderThan: 1000, keep: 2 }, options());
    const read: string[] = [];
    const files = { read: async (path: string) => read.push(path) && memory.read(path) };
    const watched = Object.assign(Object.create(memory), files) as Memory;
    await commit('d5', 5, [], { since: 4, files: watched });
    expect(read.filter((path) => /-(add|merge)/.test(path))).toEqual([]);
    await commit('d6', 6, [], { since: 3, files: watched });
    expect(read.filter((path) => /-(add|merge)/.test(path))).not.toEqual([]);
  });

  it('never drops the current snapshot', async () => {
    await commit('d1', 1);
    expect(await expireSnapshots({ olderThan: 1e9, keep: 0 }, options())).toBe(0);
  });
});

describe('metadata files of the past', () => {
  const written = () => stored(/metadata\.json$/).map((path) => Number(/(\d+)-\w+\.metadata/.exec(path)![1]));
  const logged = async () => (await load()).metadata['metadata-log'].map(({ 'metadata-file': path }) => path);

  /** Says in the table itself how many metadata files it keeps, as any engine may. */
  async function keep(most: string, remove = 'true') {
    const { path, metadata } = await load();
    const properties: TableMetadata['properties'] = {
      ...metadata.properties,
      'write.metadata.previous-versions-max': most,
      'write.metadata.delete-after-commit.enabled': remove,
    };
    await memory.write(path, formatMetadata({ ...metadata, properties }));
  }

  it('are kept in so many as the table says, those that are logged', async () => {
    await commit('d0', 0);
    await keep('3');
    for (let i = 1; i < 8; i++) await commit(`d${i}`, i);
    expect(written()).toEqual([4, 5, 6, 7]);
    expect(stored(/metadata\.json$/)).toEqual([...(await logged()), (await load()).path]);
    expect((await shown()).at(-1)).toHaveLength(8);
  });

  it('are a hundred where it says nothing', async () => {
    for (let i = 0; i < 103; i++) await commit(`d${i}`, i);
    expect(written()).toHaveLength(101);
    expect(await logged()).toHaveLength(100);
  });

  it('stay where the table says so, though the log forgets them', async () => {
    await commit('d0', 0);
    await keep('1', 'false');
    for (let i = 1; i < 4; i++) await commit(`d${i}`, i);
    expect(written()).toHaveLength(4);
    expect(await logged()).toHaveLength(1);
  });

  it.each([
    ['0', 1],
    ['-1', 1],
    ['many', 3],
  ])('never lose the current one, where the table asks for %s', async (most, left) => {
    await commit('d0', 0);
    await keep(most);
    for (let i = 1; i < 4; i++) await commit(`d${i}`, i);
    expect((await shown()).at(-1)).toHaveLength(4);
    expect(await logged()).toHaveLength(left);
  });

  it('go when snapshots expire as well', async () => {
    await commit('d0', 0);
    await keep('2');
    for (let i = 1; i < 4; i++) await commit(`d${i}`, i);
    await expireSnapshots({ olderThan: 50, keep: 1 }, options());
    expect(written()).toEqual([2, 3, 4]);
  });

  it('that cannot be deleted do not fail the commit', async () => {
    await commit('d0', 0);
    await keep('1');
    const sealed = { ...options().files, read: memory.read.bind(memory), write: memory.write.bind(memory) };
    const files = { ...sealed, delete: () => Promise.reject(new Error('access denied')) };
    for (let i = 1; i < 4; i++) await commit(`d${i}`, i, [], { files });
    expect((await shown()).at(-1)).toHaveLength(4);
  });

  it('stay when another was faster: only the commit that holds deletes', async () => {
    await commit('d0', 0);
    await keep('1');
    await commit('d1', 1);
    const before = stored(/metadata\.json$/);
    const refusing = { current: memory.current.bind(memory), list: memory.list.bind(memory) };
    const swap = () => Promise.reject(new Error('throttled'));
    await expect(commit('d2', 2, [], { catalog: { ...refusing, swap } })).rejects.toThrow('throttled');
    expect(stored(/metadata\.json$/)).toEqual(expect.arrayContaining(before));
  });
});

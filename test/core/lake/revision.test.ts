/** Deliveries taken out of a table, a table taken back, and what is left of its past. */
import { beforeEach, describe, expect, it } from '@jest/globals';
import { history, parseMoment, snapshotAt } from '../../../core/lake/history.ts';
import { currentSnapshot, schemaOf } from '../../../core/lake/metadata.ts';
import type { Catalog } from '../../../core/lake/model.ts';
import { commitRevision, type Revised, revertTo, takeOut } from '../../../core/lake/revision.ts';
import { formatRoster, rosterPath } from '../../../core/lake/roster.ts';
import { liveFiles } from '../../../core/lake/scan.ts';
import { type CommitOptions, commitChange, expireSnapshots, loadTable } from '../../../core/lake/table.ts';
import { Memory } from './memory.ts';

let memory: Memory;
let count: number;
beforeEach(() => {
  memory = new Memory();
  count = 0;
});

const location = 's3://b/t';
const options = (catalog: Catalog = memory): CommitOptions => ({
  ...{ catalog, files: memory, table: 'd.t' },
  nonce: () => (++count).toString(16).padStart(13, '0').padEnd(32, '0'),
});
const load = async () => (await loadTable(memory, memory, 'd.t'))!.metadata;

async function commit(delivery: string, now: number, remove: readonly string[] = [], columns = ['a']) {
  const path = `${location}/data/${delivery}_0.parquet`;
  await memory.write(path, new Uint8Array(1));
  const id = await commitChange(
    {
      ...{
        location,
        columns: columns.map((name) => ({ name, type: 'string' })),
        partitionBy: [],
        remove,
        now,
      },
      append: [{ path, records: 1, bytes: 1, partition: {}, columns: {} }],
      deliveries: [delivery],
    },
    options(),
  );
  return String(id);
}

const apply = async (id: string, revised: Revised, now: number, catalog?: Catalog) =>
  commitRevision({ id, ...revised, now }, options(catalog));
const undo = async (id: string, delivery: string, now: number, replaced?: string) =>
  apply(
    id,
    await takeOut(await load(), id, new Map([[delivery, replaced === undefined ? [] : [replaced]]]), memory),
    now,
  );
const rollback = async (id: string, at: number, now: number) => {
  const metadata = await load();
  return apply(id, await revertTo(metadata, id, snapshotAt(metadata, { at }, 'd.t'), memory), now);
};

/** Deliveries a table shows; reading them needs every file they are made of. */
async function shown(): Promise<string[]> {
  const live = await liveFiles(await load(), memory);
  await Promise.all(live.map(({ path }) => memory.read(path)));
  return live.map(({ delivery }) => delivery).sort();
}

describe('a delivery taken out', () => {
  it('leaves the table as a new snapshot, and everything later stays', async () => {
    for (const [i, delivery] of ['d1', 'd2', 'd3'].entries()) await commit(delivery, i + 1);
    await undo('u1', 'd2', 10);
    expect(await shown()).toEqual(['d1', 'd3']);
    expect(currentSnapshot(await load()).summary).toMatchObject({
      ...{ operation: 'delete', 'deleted-records': '1', 'total-records': '2', 'wharf.revision': 'u1' },
    });
  });

  it('is taken out once, and does not come back when its commit is asked for again', async () => {
    await commit('d1', 1);
    const first = await undo('u1', 'd1', 10);
    expect(await undo('u1', 'd1', 11)).toBe(first);
    await commit('d1', 12);
    expect(await shown()).toEqual([]);
    expect((await load()).snapshots).toHaveLength(2);
  });

  it('gives its place back to the one it had replaced', async () => {
    await commit('d1', 1);
    await commit('d2', 2);
    await commit('d3', 3, ['d1']);
    await undo('u1', 'd3', 10, 'd1');
    expect(await shown()).toEqual(['d1', 'd2']);
    expect(currentSnapshot(await load()).summary).toMatchObject({
      ...{ operation: 'overwrite', 'added-records': '1', 'deleted-records': '1', 'total-records': '2' },
    });
  });

  it('stays out where the one it had replaced is past retention', async () => {
    await commit('d1', 1);
    await commit('d2', 100, ['d1']);
    await expireSnapshots({ olderThan: 50, keep: 1 }, options());
    await undo('u1', 'd2', 101, 'd1');
    expect(await shown()).toEqual([]);
  });

  it('what came back outlives the snapshots that showed it first', async () => {
    await commit('d1', 1);
    for (let i = 2; i < 20; i++) await commit(`e${i}`, i);
    await commit('d2', 20, ['d1']);
    await undo('u1', 'd2', 30, 'd1');
    for (let i = 31; i < 50; i++) await commit(`e${i}`, i);
    await expireSnapshots({ olderThan: 49, keep: 1 }, options());
    expect((await load()).snapshots).toHaveLength(1);
    expect(await shown()).toContain('d1');
  });

  it('is refused while its rows share a file with those of others', async () => {
    const path = `${location}/data/compact-1_0.parquet`;
    await commit('compact-1', 1);
    await memory.write(rosterPath(path), formatRoster({ d1: 1, d2: 1 }));
    await expect(undo('u1', 'd2', 10)).rejects.toMatchObject({ code: 'undo.compacted' });
  });

  it('is tried anew when a file of it is rewritten at the same time', async () => {
    await commit('d1', 1);
    const revised = await takeOut(await load(), 'u1', new Map([['d1', []]]), memory);
    await undo('u0', 'd1', 5);
    await expect(apply('u1', revised, 10)).rejects.toMatchObject({
      ...{ code: 'catalog.conflict', route: 'transient' },
    });
  });
});

describe('a table taken back', () => {
  it('shows the rows and the schema of then, and can be taken forward again', async () => {
    await commit('d1', 1);
    await commit('d2', 2, ['d1'], ['a', 'b']);
    await commit('d3', 3, [], ['a', 'b']);
    await rollback('r1', 1, 10);
    expect(await shown()).toEqual(['d1']);
    expect(schemaOf(await load()).fields.map(({ name }) => name)).toEqual(['a']);
    await rollback('r2', 9, 20);
    expect(await shown()).toEqual(['d2', 'd3']);
    expect(schemaOf(await load()).fields.map(({ name }) => name)).toEqual(['a', 'b']);
  });

  it('gives a column that comes back the id it had, so that files which were written with it can be committed', async () => {
    const idOf = async (column: string) =>
      schemaOf(await load()).fields.find(({ name }) => name === column)?.id;
    await commit('d1', 1);
    await commit('d2', 2, [], ['a', 'b']);
    const was = await idOf('b');
    await rollback('r1', 1, 10);
    await commit('d3', 11, [], ['a', 'c', 'b']);
    expect(await idOf('b')).toBe(was);
    expect(await idOf('c')).not.toBe(was);
    await rollback('r2', 2, 20);
    expect(await shown()).toEqual(['d1', 'd2']);
  });

  it('is the same when it is asked for again after its own snapshot', async () => {
    await commit('d1', 1);
    await commit('d2', 2);
    const first = await rollback('r1', 1, 10);
    const again = await revertTo(await load(), 'r1', (await load()).snapshots[0], memory);
    expect([...again.before.difference(again.after)]).toEqual(['d2']);
    expect(await apply('r1', again, 11)).toBe(first);
    expect(await shown()).toEqual(['d1']);
  });

  it('can be gone back to at every moment that is asked to be kept', async () => {
    for (let i = 1; i <= 9; i++) await commit(`d${i}`, i * 10);
    await expireSnapshots({ olderThan: 1000, keep: 1, moments: [35, 60] }, options());
    expect((await load()).snapshots.map((s) => s['timestamp-ms'])).toEqual([30, 60, 90]);
    expect(await shown()).toHaveLength(9);
  });
});

describe("a table's history", () => {
  it('says what each snapshot did, the newest first', async () => {
    await commit('d1', 1);
    await undo('u1', 'd1', 2);
    expect(history(await load())).toMatchObject([
      { operation: 'delete', added: 0, removed: 1, total: 0, deliveries: [], revision: 'u1', gap: false },
      { operation: 'append', added: 1, removed: 0, total: 1, deliveries: ['d1'], gap: false },
    ]);
  });

  it('finds what was current at a moment, and says when that is not kept', async () => {
    const ids: string[] = [];
    for (let i = 1; i <= 4; i++) ids.push(await commit(`d${i}`, i * 10));
    const at = (moment: number) => String(snapshotAt(metadata, { at: moment }, 'd.t')['snapshot-id']);
    let metadata = await load();
    expect([at(10), at(29), at(1000)]).toEqual([ids[0], ids[1], ids[3]]);
    expect(() => at(9)).toThrow(/was not there/);
    await expireSnapshots({ olderThan: 1000, keep: 1, moments: [20] }, options());
    metadata = await load();
    expect(at(45)).toBe(ids[3]);
    for (const gone of [15, 25, 35]) expect(() => at(gone)).toThrow(/no longer kept/);
    expect(() => snapshotAt(metadata, { snapshot: BigInt(ids[0]!) }, 'd.t')).toThrow(/no snapshot/);
  });

  it('takes a moment as people write it', () => {
    expect(parseMoment('2026-01-31')).toEqual({ at: Date.UTC(2026, 0, 31, 23, 59, 59, 999) });
    expect(parseMoment('2026-01-31 12:30')).toEqual({ at: Date.UTC(2026, 0, 31, 12, 30) });
    expect(parseMoment('2026-01-31T12:30:00+02:00')).toEqual({ at: Date.UTC(2026, 0, 31, 10, 30) });
    expect(parseMoment('4503599627370496')).toEqual({ snapshot: 4503599627370496n });
    expect(() => parseMoment('yesterday')).toThrow(/neither a time/);
  });
});

/** What a commit costs when its table has had two thousand of them, counted: times depend on the machine. */
import { describe, expect, it } from '@jest/globals';
import { liveFiles } from '../../../core/lake/scan.ts';
import { loadTable } from '../../../core/lake/table.ts';
import { Tables } from '../../../platform/commit/tables.ts';
import { Memory } from '../../core/lake/memory.ts';
import { manifestOf, receipts } from './receipts.ts';

/** Counts requests as S3 would. */
class Counted extends Memory {
  requests = 0;
  bytesOut = 0;
  override read(path: string) {
    this.requests++;
    return super.read(path);
  }
  override write(path: string, bytes: Uint8Array) {
    this.requests++;
    this.bytesOut += bytes.length;
    return super.write(path, bytes);
  }
  override delete(paths: readonly string[]) {
    this.requests += Math.ceil(paths.length / 1000);
    return super.delete(paths);
  }
}

const SECONDS = 6000;

/** A table that has one commit every six seconds, so that every snapshot is younger than the retention. */
function busyTable() {
  const memory = new Counted();
  let age = 0;
  const now = () => new Date(Date.UTC(2026, 0, 1) + age * SECONDS);
  const stores = { catalog: memory, objects: memory, lakeBucket: 'lake' };
  const tables = new Tables({ ...stores, retentionDays: 7, now });
  const commit = (delivery: string, since: Date) =>
    tables.commit(receipts, {
      manifests: [manifestOf('lake', delivery, 2)],
      remove: [],
      deliveries: [delivery],
      since,
    });
  return {
    memory,
    commit,
    load: async () => (await loadTable(memory, memory, receipts.name))!.metadata,
    /** Commits until the table has that age. @returns what each of those commits took */
    async until(last: number) {
      const [requests, bytes, first] = [memory.requests, memory.bytesOut, age];
      while (age < last) await commit(`d${++age}`, now());
      const commits = last - first;
      return {
        requests: (memory.requests - requests) / commits,
        bytes: (memory.bytesOut - bytes) / commits,
        objects: memory.stored.size,
      };
    },
  };
}

describe('a table that is committed to all the time', () => {
  const table = busyTable();
  it('costs as many requests and bytes a commit at the age of 2,000 as at 200', async () => {
    await table.until(150);
    const young = await table.until(250);
    await table.until(1900);
    const old = await table.until(2000);
    expect(old.requests).toBeLessThan(young.requests * 1.1);
    expect(old.bytes).toBeLessThan(young.bytes * 1.1);
    // Documents: a few more, for the last snapshot of each hour stays.
    expect(old.objects).toBeLessThan(young.objects * 1.25);
  }, 240_000);

  it('shows every row, and none twice that is committed again after its snapshot is gone', async () => {
    await table.commit('d1000', new Date(0));
    const live = await liveFiles(await table.load(), table.memory);
    expect(new Set(live.map(({ path }) => path)).size).toBe(4000);
    expect(live).toHaveLength(4000);
  });
});

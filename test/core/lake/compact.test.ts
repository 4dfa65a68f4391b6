import { describe, expect, it } from '@jest/globals';
import { type Candidate, planGroups } from '../../../core/lake/compact.ts';
import { isCompacted, rosterPath } from '../../../core/lake/roster.ts';

const file = (path: string, bytes: number, month = '1'): Candidate => ({
  nulls: new Map(),
  ...{ path, bytes, records: bytes },
  partition: { at_month: month },
});
const paths = (groups: readonly (readonly Candidate[])[]) =>
  groups.map((group) => group.map(({ path }) => path));
const sizes = { target: 100, fewest: 3 };

describe('the groups of files to compact', () => {
  it('hold files of one partition, the oldest first, and no more than the target together', () => {
    const files = [
      file('a', 40),
      file('x', 10, '2'),
      file('b', 30),
      file('c', 20),
      file('d', 60),
      file('e', 30),
    ];
    expect(paths(planGroups(files, sizes))).toEqual([
      ['a', 'b', 'c'],
      ['d', 'e'],
    ]);
  });

  it('leave large files alone, and few small ones until they fill a file', () => {
    expect(planGroups([file('large', 80), file('a', 10), file('b', 10)], sizes)).toEqual([]);
    expect(paths(planGroups([file('a', 40), file('b', 40)], sizes))).toEqual([['a', 'b']]);
    expect(planGroups([file('alone', 74)], sizes)).toEqual([]);
  });
});

it('a compacted file is known by its name, and its roster stands beside the metadata', () => {
  expect(rosterPath('s3://lake/lake/a/b/data/m=1/compact-12_0_ab.parquet')).toBe(
    's3://lake/lake/a/b/metadata/compact-12_0_ab.roster.json',
  );
  expect([
    isCompacted('s3://b/data/compact-1/d1_0.parquet'),
    isCompacted('s3://b/data/compact-1_0.parquet'),
  ]).toEqual([false, true]);
});

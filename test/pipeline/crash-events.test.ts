/**
 * Whatever becomes of any one write, and in whatever order commits are asked for: in the end tables, quarantine, books
 * and documents are those of an undisturbed run, and `wharf fsck` finds nothing wrong. Of posted events.
 */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { enumerate, play, type Run } from './crash/enumerate.ts';
import { faults, repeated } from './crash/faults.ts';
import type { Outcome } from './crash/outcome.ts';
import { closed, committed, LONG, openStage } from './crash/stage.ts';
import { posted, postedInOrder } from './crash/stories.ts';

const stage = openStage();
const userOf = (row: Record<string, unknown>): string => String(row.user_id);

describe('posted events, some of which come again in other company', () => {
  let undisturbed: Run;
  beforeAll(async () => {
    undisturbed = await play(posted, stage);
  });

  it('become rows once', () => {
    expect(undisturbed.outcome).toMatchObject({
      rows: ['1', '3', '4', '4', '5'].map((user_id) => ({ user_id })),
      refused: [{ reasons: ['out_of_range:age'] }, { reasons: ['duplicate_key'] }],
      entries: [
        { ...committed, read: 6, accepted: 3, quarantined: 2, duplicate: 1 },
        { ...committed, read: 2, accepted: 2, quarantined: 0 },
      ],
      companions: [closed, closed],
      wrong: [],
    });
  });

  const rivals = 'another worker that does everything before it';

  it.each(Object.entries(faults).filter(([name]) => name !== rivals))(
    'end the same whatever write meets %s',
    async (_fault, fault) => {
      expect(await enumerate({ story: posted, fault, undisturbed }, stage)).toEqual([]);
    },
    LONG,
  );

  it(
    `land once whatever write meets ${rivals}; two at once may share them out, and what repeats is told within a share`,
    async () => {
      const view = ({ rows, refused, entries, wrong }: Outcome) => ({
        events: rows.length + refused.length + entries.reduce((sum, { duplicate }) => sum + duplicate, 0),
        users: [
          ...new Set([...rows, ...refused.map(({ raw }) => JSON.parse(String(raw)))].map(userOf)),
        ].sort(),
        unbalanced: entries.filter(({ balanced }) => !balanced),
        wrong,
      });
      expect(await enumerate({ story: posted, fault: faults[rivals], undisturbed, view }, stage)).toEqual([]);
    },
    LONG,
  );

  it('end the same when every write is made twice', async () => {
    const twice = await play(posted, stage, { fault: repeated, strikes: () => true });
    expect(twice.outcome).toEqual(undisturbed.outcome);
  });
});

describe('events posted to an ordered dataset, some of which come again in other company', () => {
  let undisturbed: Run;
  beforeAll(async () => {
    undisturbed = await play(postedInOrder, stage);
  });

  it('become rows once, in their order', () => {
    expect(undisturbed.outcome).toMatchObject({
      inOrder: ['1', '3', '4', '5', '4'].map((user_id) => ({ user_id })),
      entries: [
        { ...committed, read: 6, accepted: 3, quarantined: 2, duplicate: 1 },
        { ...committed, read: 2, accepted: 2, quarantined: 0 },
      ],
      wrong: [],
    });
  });

  it.each(Object.entries(faults))(
    'end the same whatever write meets %s',
    async (_fault, fault) => {
      expect(await enumerate({ story: postedInOrder, fault, undisturbed }, stage)).toEqual([]);
    },
    LONG,
  );

  it('end the same when every write is made twice', async () => {
    const twice = await play(postedInOrder, stage, { fault: repeated, strikes: () => true });
    expect(twice.outcome).toEqual(undisturbed.outcome);
  });
});

/**
 * Whatever becomes of any one write, and in whatever order commits are asked for: in the end tables, quarantine, books
 * and documents are those of an undisturbed run, and `wharf fsck` finds nothing wrong. Of replays, undo and rollback.
 */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { after, enumerate, play, type Run } from './crash/enumerate.ts';
import { faults, repeated } from './crash/faults.ts';
import { overtakings } from './crash/overtakings.ts';
import type { Write } from './crash/pipeline.ts';
import { closed, committed, LONG, openStage } from './crash/stage.ts';
import { overtaken, refusedOnly, replayed, takenBack } from './crash/stories.ts';

const stage = openStage();

describe('a refused row that is mended and replayed', () => {
  let undisturbed: Run;
  let struck: (write: Write) => boolean;
  beforeAll(async () => {
    undisturbed = await play(replayed, stage);
    struck = await after(refusedOnly, undisturbed, stage);
  });

  it('is in the table, and released', () => {
    expect(undisturbed.outcome).toMatchObject({
      rows: [{ user_id: '1' }, { user_id: '2', age: '33' }, { user_id: '3' }],
      refused: [
        { _row: '2', release: null },
        { origin_row: '2', release: 'replayed' },
      ],
      entries: [
        { ...committed, read: 4, accepted: 2, quarantined: 1, duplicate: 1 },
        { ...committed, read: 1, accepted: 1, quarantined: 0 },
      ],
      companions: [closed, closed],
      wrong: [],
    });
  });

  it.each(Object.entries(faults))(
    'ends the same whatever write meets %s',
    async (_fault, fault) => {
      expect(await enumerate({ story: replayed, fault, undisturbed, struck }, stage)).toEqual([]);
    },
    LONG,
  );

  it('ends the same when every write is made twice', async () => {
    const twice = await play(replayed, stage, { fault: repeated, strikes: () => true });
    expect(twice.outcome).toEqual(undisturbed.outcome);
  });
});

describe('a replay and new content for its file, committed', () =>
  overtakings(overtaken, stage, refusedOnly));

describe('a file undone, landed again and rolled back', () => {
  let undisturbed: Run;
  beforeAll(async () => {
    undisturbed = await play(takenBack, stage);
  });

  it('leaves what had landed first', () => {
    expect(undisturbed.outcome).toMatchObject({
      rows: [{ user_id: '1', age: '30' }, { user_id: '3' }],
      refused: [{ _row: '2', reasons: ['out_of_range:age'] }],
      entries: [{ state: 'committed' }, { state: 'undone' }, { state: 'rolled_back' }],
      companions: [{ state: 'committed' }, { state: 'undone' }, { state: 'rolled_back' }],
      wrong: [],
    });
  });

  it.each(Object.entries(faults))(
    'ends the same whatever write of undo and rollback meets %s',
    async (_fault, fault) => {
      const struck = ({ revises }: Write) => revises;
      expect(await enumerate({ story: takenBack, fault, undisturbed, struck }, stage)).toEqual([]);
    },
    LONG,
  );

  it('ends the same when every write is made twice', async () => {
    const twice = await play(takenBack, stage, { fault: repeated, strikes: () => true });
    expect(twice.outcome).toEqual(undisturbed.outcome);
  });
});

/**
 * Whatever becomes of any one write, and in whatever order commits are asked for: in the end tables, quarantine, books
 * and documents are those of an undisturbed run, and `wharf fsck` finds nothing wrong.
 */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { lakePaths } from '../../platform/ingest/publish.ts';
import { enumerate, play, type Run } from './crash/enumerate.ts';
import { faults, repeated } from './crash/faults.ts';
import { overtakings } from './crash/overtakings.ts';
import { closed, committed, LONG, openStage, shown } from './crash/stage.ts';
import { changed, eachTwice, oneAfterTheOther, reordered } from './crash/stories.ts';

const stage = openStage();

describe('a file and new content under its key', () => {
  let undisturbed: Awaited<ReturnType<typeof play>>;
  beforeAll(async () => {
    undisturbed = await play(oneAfterTheOther, stage);
  });

  it('become the rows of the new content', () => {
    expect(undisturbed.outcome).toMatchObject({
      ...shown,
      entries: [
        { ...committed, read: 4, accepted: 2, quarantined: 1, duplicate: 1 },
        { ...committed, read: 3, accepted: 2, quarantined: 1, duplicate: 0 },
      ],
      companions: [closed, closed],
      wrong: [],
    });
  });

  it('take writes of these kinds, and as many puts as there are objects in the end', async () => {
    const { writes, contract } = undisturbed;
    expect([...new Set(writes.map(({ by, name }) => `${by} ${name}`))].sort()).toEqual([
      ...['commit BatchWriteItem', 'commit DeleteItem', 'commit PutItem', 'commit PutObject'],
      ...['commit UpdateItem', 'ingest PutItem', 'ingest PutObject', 'ingest SendMessageBatch'],
      'ingest UpdateItem',
    ]);
    const zones = Object.values(lakePaths(stage.cloud.env.WHARF_LAKE_BUCKET!, contract));
    const objects = await Promise.all(
      zones.map((zone) => Array.fromAsync(stage.cloud.objects.list(`${zone}/`))),
    );
    expect(writes.filter(({ name }) => name === 'PutObject')).toHaveLength(objects.flat().length);
  });

  it.each(Object.entries(faults))(
    'end the same whatever write meets %s',
    async (_fault, fault) => {
      expect(await enumerate({ story: oneAfterTheOther, fault, undisturbed }, stage)).toEqual([]);
    },
    LONG,
  );

  it('end the same when every write is made twice, and when every commit is asked for twice', async () => {
    const twice = await play(oneAfterTheOther, stage, { fault: repeated, strikes: () => true });
    expect(twice.outcome).toEqual(undisturbed.outcome);
    expect((await play(eachTwice, stage)).outcome).toEqual(undisturbed.outcome);
  });
});

describe('a file and new content, committed', () => overtakings(reordered, stage));

describe('files whose columns changed', () => {
  let undisturbed: Run;
  beforeAll(async () => {
    undisturbed = await play(changed, stage);
  });

  it('become rows with the new column, and wait for what a person must say', () => {
    const [grown, held] = undisturbed.outcome.entries;
    expect(grown).toMatchObject({ ...committed, accepted: 12 });
    expect(held).toMatchObject({ state: 'held', read: 0, balanced: true });
    expect(undisturbed.outcome.companions[0]!.columns.map(({ name }: { name: string }) => name)).toContain(
      'weight_kg',
    );
  });

  it.each(Object.entries(faults))(
    'end the same whatever write meets %s',
    async (_fault, fault) => {
      expect(await enumerate({ story: changed, fault, undisturbed }, stage)).toEqual([]);
    },
    LONG,
  );
});

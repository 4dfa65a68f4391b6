/**
 * Whatever becomes of any one write, and in whatever order commits are asked for: in the end tables, quarantine, books
 * and documents are those of an undisturbed run, and `wharf fsck` finds nothing wrong.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Engine } from '../../platform/engine/duckdb.ts';
import { lakePaths } from '../../platform/ingest/publish.ts';
import { enumerate, play, type Run, type Stage } from './crash/enumerate.ts';
import { faults, repeated } from './crash/faults.ts';
import { openMail } from './crash/mail.ts';
import type { Outcome } from './crash/outcome.ts';
import type { Write } from './crash/pipeline.ts';
import {
  changed,
  eachTwice,
  oneAfterTheOther,
  overtaken,
  posted,
  postedInOrder,
  refusedOnly,
  reordered,
  replayed,
  takenBack,
} from './crash/stories.ts';
import { type TestCloud, testCloud } from './support.ts';

let cloud: TestCloud;
let stage: Stage;
beforeAll(async () => {
  cloud = await testCloud({ fed: false });
  const engine = await Engine.open({ dir: cloud.env.WHARF_TMP!, memoryMb: 300, threads: 1 });
  stage = { cloud, engine, mail: openMail(cloud.sqs) };
}, 60_000);
afterAll(async () => {
  await cloud[Symbol.asyncDispose]();
  stage.engine[Symbol.dispose]();
});

const shown = {
  rows: [{ user_id: '1', age: '31' }, { user_id: '4' }],
  refused: [{ _row: '2', reasons: ['out_of_range:age'] }],
};
const LONG = 240_000;
const userOf = (row: Record<string, unknown>): string => String(row.user_id);
const committed = { state: 'committed', balanced: true };
const closed = { state: 'committed', closedAsTold: true, filesAsWritten: true };

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
    const zones = Object.values(lakePaths(cloud.env.WHARF_LAKE_BUCKET!, contract));
    const objects = await Promise.all(zones.map((zone) => Array.fromAsync(cloud.objects.list(`${zone}/`))));
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

describe.each(Object.entries(reordered))('a file and new content, committed %s', (_how, story) => {
  let undisturbed: Run;
  beforeAll(async () => {
    undisturbed = await play(story, stage);
  });

  it('become the rows of the new content', () => {
    expect(undisturbed.outcome).toMatchObject({ ...shown, wrong: [] });
    expect(undisturbed.outcome.entries.filter(({ balanced }) => !balanced)).toEqual([]);
  });

  it.each(['a crash right after it', 'another worker that does everything before it'] as const)(
    'end the same whatever write of the commits meets %s',
    async (name) => {
      const struck = ({ by }: Write) => by === 'commit';
      expect(await enumerate({ story, fault: faults[name], undisturbed, struck }, stage)).toEqual([]);
    },
    LONG,
  );
});

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

/** Writes for the sake of a replay, and of what comes after it: what a file alone takes is enumerated above. */
async function sinceReplay(undisturbed: Run): Promise<(write: Write) => boolean> {
  const { writes } = await play(refusedOnly, stage);
  const later = new Set(undisturbed.writes.slice(writes.length));
  return (write) => later.has(write);
}

describe('a refused row that is mended and replayed', () => {
  let undisturbed: Run;
  let struck: (write: Write) => boolean;
  beforeAll(async () => {
    undisturbed = await play(replayed, stage);
    struck = await sinceReplay(undisturbed);
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

describe.each(Object.entries(overtaken))(
  'a replay and new content for its file, committed %s',
  (_how, story) => {
    let undisturbed: Run;
    beforeAll(async () => {
      undisturbed = await play(story, stage);
    });

    it('become the rows of the new content', () => {
      expect(undisturbed.outcome).toMatchObject({ ...shown, wrong: [] });
    });

    it.each(['a crash right after it', 'another worker that does everything before it'] as const)(
      'end the same whatever write of the commits meets %s',
      async (name) => {
        const struck = ({ by }: Write) => by === 'commit';
        expect(await enumerate({ story, fault: faults[name], undisturbed, struck }, stage)).toEqual([]);
      },
      LONG,
    );
  },
);

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

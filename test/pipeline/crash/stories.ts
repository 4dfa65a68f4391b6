/** A file and new content under its key, and posted events: ways the messages about them may come. */
import { user } from '../posted.ts';
import { type Arrange, apart, type Pipeline } from './pipeline.ts';

export type Story = (pipeline: Pipeline) => Promise<void>;

const header = 'user_id,age,gender,device\n';
const first = `${header}1,30,F,Mobile\n2,0,F,Mobile\n3,30,M,Tablet\n3,30,M,Tablet\n`;
const second = `${header}1,31,F,Mobile\n4,-1,M,Desktop\n4,30,M,Desktop\n`;

export const oneAfterTheOther: Story = async (pipeline) => {
  for (const body of [first, second]) {
    await pipeline.put('a.csv', body);
    await pipeline.settle();
  }
};

/** A new column, which approves itself, and then a required one under another name, which waits. */
export const changed: Story = async (pipeline) => {
  const rows = Array.from({ length: 12 }, (_, i) => 10 + i).map((id) => `${id},3${id % 10},F,Mobile`);
  await pipeline.put(
    'a.csv',
    `user_id,age,gender,device,weight_kg\n${rows.map((row) => `${row},${row.slice(0, 2)}.5`).join('\n')}\n`,
  );
  await pipeline.settle();
  await pipeline.put('b.csv', `user_no,age,gender,device\n${rows.join('\n')}\n`);
  await pipeline.settle();
};

/** Both are written before one of them is committed. */
const waiting =
  (arrange: Arrange): Story =>
  async (pipeline) => {
    for (const body of [first, second]) {
      await pipeline.put('a.csv', body);
      await pipeline.ingest();
    }
    await pipeline.commit(arrange);
    await pipeline.settle();
  };

export const reordered: Readonly<Record<string, Story>> = {
  'in one batch': waiting((both) => [both]),
  'in one batch, the newer first': waiting((both) => [both.toReversed()]),
  'the newer in an earlier batch': waiting((both) => apart(both.toReversed())),
};

export const eachTwice: Story = waiting((both) => apart([...both, ...both]));

/** The new content is undone, lands under another name, and goes when the tables are taken back to the beginning. */
export const takenBack: Story = async (pipeline) => {
  await oneAfterTheOther(pipeline);
  await pipeline.undo();
  await pipeline.settle();
  await pipeline.put('b.csv', second);
  await pipeline.settle();
  await pipeline.rollback();
  await pipeline.settle();
};

const [zero, one, two] = [
  [user(1), user(2, { age: 0 }), user(3)],
  [user(3, { age: 31 }), user(4), user(4)],
  [user(5), user(4)],
] as const;

const posts: Readonly<Record<number, readonly object[]>>[] = [
  { 0: zero, 1: one },
  { 1: one, 2: two },
];

/** Three parts of a post, one of which comes again, in other company. */
export const posted: Story = async (pipeline) => {
  for (const parts of posts) {
    await pipeline.post(parts);
    await pipeline.settle();
  }
};

/** The same where the order matters. */
export const postedInOrder: Story = async (pipeline) => {
  for (const parts of posts) {
    await pipeline.postInOrder(parts);
    await pipeline.settle();
  }
};

const mended = { set: ['age=33'] };

/** A file with a row that is refused. */
export const refusedOnly: Story = async (pipeline) => {
  await pipeline.put('a.csv', first);
  await pipeline.settle();
};

/** A replay of that row, asked for twice. */
export const replayed: Story = async (pipeline) => {
  await refusedOnly(pipeline);
  await pipeline.replay(mended);
  await pipeline.replay(mended);
  await pipeline.settle();
};

/** New content under the key whose refused row is replayed: both are written before one of them is committed. */
const overtaking =
  (arrange: Arrange): Story =>
  async (pipeline) => {
    await refusedOnly(pipeline);
    await pipeline.replay(mended);
    await pipeline.ingest();
    await pipeline.put('a.csv', second);
    await pipeline.ingest();
    await pipeline.commit(arrange);
    await pipeline.settle();
  };

export const overtaken: Readonly<Record<string, Story>> = {
  'after it': overtaking((both) => apart(both)),
  'with it': overtaking((both) => [both]),
  'with it, the new content first': overtaking((both) => [both.toReversed()]),
  'before it': overtaking((both) => apart(both.toReversed())),
};

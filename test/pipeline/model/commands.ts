/** What a user may do, in any order: done to the pipeline and to the model, which are compared each time. */
import { expect } from '@jest/globals';
import fc from 'fast-check';
import { balanced } from '../../../core/delivery/books.ts';
import { comparing, pick } from '../../support/commands.ts';
import type { Change, Decision, File, Model } from './model.ts';
import type { Real } from './real.ts';

const command = comparing(async (model: Model, real: Real) => {
  const snapshot = await real.snapshot();
  if (snapshot && snapshot !== model.past.at(-1)?.snapshot) model.past.push({ snapshot, shown: model.shown });
  await compare(model, real);
});

async function compare(model: Model, real: Real): Promise<void> {
  const entries = await real.entries();
  expect(Object.fromEntries(entries.map((entry) => [entry.delivery, stateOf(entry)]))).toEqual(
    Object.fromEntries(
      [...model.deliveries].map(([id, { status }]) => [id, status === 'gone' ? 'refused' : status]),
    ),
  );
  expect(entries.filter((entry) => !balanced(entry))).toEqual([]);
  const shown = [...model.shown.keys()].map((id) => ({ id, ...model.of(id), open: model.openOf(id) }));
  const code = (file: File, row: number) => `P${file.content}${row}`;
  expect((await real.rows()).sort()).toEqual(
    shown
      .flatMap(({ id, file, good, filled }) =>
        [...good].map(([row, quantity]) => {
          const email = file.shape !== 'email' ? '-' : filled ? 'filled' : 'rescued';
          return `${id} ${code(file, row)} ${quantity} ${email}`;
        }),
      )
      .sort(),
  );
  expect((await real.refused()).sort()).toEqual(
    shown
      .flatMap(({ id, file, bad, open }) =>
        bad.map((row) => `${id} ${code(file, row)} ${open.includes(row) ? 'open' : 'replayed'}`),
      )
      .sort(),
  );
}

type Entry = Awaited<ReturnType<Real['entries']>>[number];

const stateOf = ({ state, manifest, superseded_by }: Entry) => {
  const isWritten = manifest !== undefined && (state === 'committed' || state === 'refused');
  return isWritten ? (superseded_by ? { replacedBy: superseded_by } : 'in') : state;
};

const land = fc
  .record({
    key: fc.constantFrom('x.csv', 'y.csv'),
    shape: fc.constantFrom('plain', 'plain', 'renamed', 'email'),
    content: fc.constantFrom('a', 'b'),
  })
  .map((file) =>
    command(`land ${file.content}, ${file.shape}, under ${file.key}`, async (model, real) => {
      model.land(await real.land(file), file);
    }),
  );

const undo = fc.record({ n: fc.nat(99), withReplays: fc.boolean() }).map(({ n, withReplays }) =>
  command(
    `undo number ${n}${withReplays ? ' with its replays' : ''}`,
    async (model, real) => {
      const id = pick(model.shown.keys(), n);
      await real.undo(id, withReplays);
      const replays = withReplays ? model.replaysOf(id) : [];
      for (const one of [id, ...replays]) model.undo(one);
    },
    ({ shown }) => shown.size > 0,
  ),
);

const rollback = fc.nat(99).map((n) =>
  command(
    `roll back to ${n}`,
    async (model, real) => {
      const { snapshot, shown } = pick(model.past, n);
      await real.rollback(snapshot);
      model.rollback(shown);
    },
    ({ past }) => past.length > 0,
  ),
);

let mendings = 10;
const replay = fc.record({ helps: fc.boolean(), names: fc.boolean() }).map(({ helps, names }) =>
  command(`replay with ${helps ? 'a' : 'no'} quantity${names ? ' and names' : ''}`, async (model, real) => {
    const mending = { names, quantity: helps ? mendings++ : 0 };
    const origins = model.mendable(mending);
    const replays = await real.replay(mending);
    expect([...replays.keys()].sort()).toEqual(origins.sort());
    for (const [origin, id] of replays) model.replay(id, origin, mending);
  }),
);

const change = fc.constantFrom<Change[]>('renamed', 'email');
const isOne =
  (of: Change, ...decisions: Decision[]) =>
  ({ decisions: made }: Readonly<Model>) =>
    decisions.includes(made.get(of)!);

const approve = change.map((of) =>
  command(
    `approve ${of}`,
    async (model, real) => {
      const waiting = of === 'renamed' ? model.waiting : [];
      const released = await real.approve(of);
      expect(released.toSorted()).toEqual(waiting.sort());
      model.approve(of, released);
    },
    isOne(of, 'pending', 'approved'),
  ),
);

const reject = fc
  .record({ of: change, outcome: fc.constantFrom('refuse', 'land') })
  .map(({ of, outcome }) =>
    command(
      `reject ${of} and ${outcome}`,
      async (model, real) => model.reject(of, outcome, await real.reject(of, outcome)),
      isOne(of, 'pending'),
    ),
  );

const reconsider = change.map((of) =>
  command(
    `take back what was said of ${of}`,
    async (model, real) => {
      await real.reconsider(of);
      model.reconsider(of);
    },
    isOne(of, 'approved', 'refuse', 'land'),
  ),
);

const fill = fc.constant(
  command('fill the new column', async (model, real) => {
    await real.fill();
    model.fill();
  }),
);

const common = [land, land, land, land, replay, replay, undo, undo];
export const commands = [...common, rollback, approve, reject, reconsider, fill];

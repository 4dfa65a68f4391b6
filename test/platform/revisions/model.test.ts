/** Whatever is landed, undone and rolled back in whatever order: books balance, and the tables are what anybody would expect. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { balanced } from '../../../core/delivery/books.ts';
import type { Delivery } from '../../../core/delivery/model.ts';
import { type TestCloud, testCloud } from '../../pipeline/support.ts';
import { comparing, pick } from '../../support/commands.ts';
import { Model } from './model.ts';
import { Real } from './real.ts';

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await testCloud();
}, 60_000);
afterAll(() => cloud[Symbol.asyncDispose]());

const command = comparing(async (model: Model, real: Real) => {
  const snapshot = await real.snapshot();
  if (snapshot && snapshot !== model.past.at(-1)?.snapshot) model.past.push({ snapshot, in: model.in });
  expect(statesOf(await real.entries())).toEqual(thoughtOf(model));
  expect(Object.keys(await real.rows()).sort()).toEqual([...model.in].sort());
});

const thoughtOf = (model: Model) =>
  Object.fromEntries([...model.deliveries].map(([id, { status }]) => [id, status]));
const statesOf = (entries: readonly Delivery[]) =>
  Object.fromEntries(
    entries.map(({ delivery, state, superseded_by }) => {
      const shown = state === 'committed' || state === 'refused';
      return [delivery, shown ? (superseded_by ? { replacedBy: superseded_by } : 'in') : state];
    }),
  );

const land = fc
  .record({ key: fc.constantFrom('a', 'b'), content: fc.integer({ min: 1, max: 4 }) })
  .map(({ key, content }) =>
    command(`land ${content} under ${key}`, async (model, real) => {
      model.land(await real.land(key, content), key, content);
    }),
  );
const undo = fc.nat(99).map((n) =>
  command(
    `undo number ${n}`,
    async (model, real) => {
      // One in three is out of the tables already, or never was in.
      const id = pick(n % 3 > 0 && model.in.size > 0 ? model.in : model.deliveries.keys(), n);
      await real.revise({ what: 'undo', deliveries: [id] });
      model.undo(id);
    },
    ({ deliveries }) => deliveries.size > 0,
  ),
);
const rollback = fc.nat(99).map((n) =>
  command(
    `roll back to ${n}`,
    async (model, real) => {
      const past = pick(model.past, n);
      await real.revise({ what: 'rollback', to: past.snapshot });
      model.rollback(past);
    },
    ({ past }) => past.length > 0,
  ),
);

it('land, undo and rollback in any order leave what a simple model expects', async () => {
  const property = fc.asyncProperty(
    fc.commands([land, land, land, undo, rollback], { maxCommands: 30, size: 'max' }),
    async (commands) => {
      const real = new Real(cloud);
      await fc.asyncModelRun(() => ({ model: new Model(), real }), commands);
      const entries = await real.entries();
      expect(entries.filter((entry) => !balanced(entry))).toEqual([]);
      const rows = await real.rows();
      for (const { delivery, accepted, quarantined } of entries)
        expect(rows[delivery] ?? [accepted, quarantined]).toEqual([accepted, quarantined]);
      expect(await real.wrong()).toEqual([]);
    },
  );
  const { WHARF_SEED: seed, WHARF_RUNS: runs = 25 } = process.env;
  await fc.assert(property, { numRuns: Number(runs), ...(seed && { seed: Number(seed) }) });
}, 600_000);

/** Whatever is landed, mended, taken back and decided: tables, quarantine and books are what anybody would expect. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Engine } from '../../platform/engine/duckdb.ts';
import { commands } from './model/commands.ts';
import { Model } from './model/model.ts';
import { contracts, Real } from './model/real.ts';
import { type TestCloud, testCloud } from './support.ts';

let cloud: TestCloud;
let engine: Engine;
beforeAll(async () => {
  cloud = await testCloud({ contracts });
  engine = await Engine.open({ dir: cloud.env.WHARF_TMP!, memoryMb: 300, threads: 1 });
}, 60_000);
afterAll(async () => {
  engine[Symbol.dispose]();
  await cloud[Symbol.asyncDispose]();
});

/** Where a run fails, shorter ones that fail as well are looked for, so long. */
const LIMIT = 400_000;
const datasets = contracts.values();
/** Without a bias to short runs: it takes a few commands before anything can be mended or taken back. */
const sequences = fc.noBias(fc.commands(commands, { maxCommands: 60, size: 'max' }));

// WHARF_RUNS=200 looks longer; WHARF_SEED=<n>, which a failure tells, repeats a run.
it('land, replay, undo, rollback, approve and reject in any order leave what a simple model expects', async () => {
  const property = fc.asyncProperty(sequences, async (drawn) => {
    const real = new Real(datasets.next().value!, cloud, engine);
    await fc.asyncModelRun(() => ({ model: new Model(), real }), drawn);
    expect(await real.wrong()).toEqual([]);
  });
  const { WHARF_SEED: seed, WHARF_RUNS: runs = 10 } = process.env;
  await fc.assert(property, {
    ...{ numRuns: Number(runs), interruptAfterTimeLimit: LIMIT },
    ...(seed && { seed: Number(seed) }),
  });
}, 600_000);

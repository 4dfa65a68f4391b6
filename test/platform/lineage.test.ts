/** What an OpenLineage endpoint hears. That its events are as published, `npm run test:tables -- openlineage` says. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Delivery } from '../../core/delivery/model.ts';
import { deliveryEvents, ends, type RunEvent } from '../../core/lineage/events.ts';
import { lineageTo, runIdOf } from '../../platform/lineage.ts';
import { everything, type Listening, listening } from '../support/lineage.ts';

let told: Listening;
let story: Awaited<ReturnType<typeof everything>>;
beforeAll(async () => {
  told = await listening();
  story = await everything(told);
}, 120_000);
afterAll(async () => {
  await told?.[Symbol.asyncDispose]();
});

/** The last event of a run, once it is clear that it has a beginning and one end. */
function endOf(run: string): RunEvent {
  const events = told.heard.filter((event) => event.run.runId === runIdOf(run));
  expect(events.map(({ eventType }) => eventType)).toEqual(['START', expect.not.stringMatching('START')]);
  return events[1]!;
}
const outputs = ({ outputs }: RunEvent) => outputs.map(({ name }) => name);
const table = 'lake/recomart/users';
const quarantine = 'quarantine/recomart/users';

describe('an endpoint hears', () => {
  it('what a file brought, to table and quarantine', () => {
    const { landed } = story;
    expect(endOf(landed.delivery)).toMatchObject({
      ...{ eventType: 'COMPLETE', job: { name: 'recomart.users' } },
      inputs: [{ namespace: `s3://${landed.bucket}`, name: landed.key }],
      outputs: [
        {
          ...{ name: table, facets: { version: { datasetVersion: landed.snapshot } } },
          outputFacets: { outputStatistics: { rowCount: 1, fileCount: 1 } },
        },
        { name: quarantine, outputFacets: { outputStatistics: { rowCount: 1 } } },
      ],
    });
  });

  it('that a file was refused whole, and why; its rows are in the quarantine', () => {
    const end = endOf(story.refused.delivery);
    const [[reason]] = Object.entries(story.refused.reasons) as [[string, number]];
    expect(end).toMatchObject({
      ...{
        eventType: 'FAIL',
        run: { facets: { errorMessage: { message: expect.stringContaining(reason) } } },
      },
    });
    expect(outputs(end)).toEqual(story.refused.quarantined > 0 ? [quarantine] : []);
  });

  it('that a file came again, and nothing was done', () => {
    const end = endOf(story.duplicate.delivery);
    expect(end).toMatchObject({ eventType: 'ABORT', outputs: [] });
    expect(JSON.stringify(end.run.facets)).toContain(story.landed.delivery);
  });

  it('that a replay took rows from the quarantine', () => {
    const end = endOf(story.replay);
    expect(end).toMatchObject({ eventType: 'COMPLETE', inputs: [{ name: quarantine }] });
    expect(outputs(end)).toEqual([table, quarantine]);
  });

  it('that posted events came', () => {
    const names = told.heard.flatMap(({ inputs }) => inputs.map(({ name }) => name));
    expect(names).toContain('events/recomart/users');
  });

  it('of an undo and of a rollback what the tables are after it', () => {
    const [undone, back] = [endOf(story.undone.id), endOf(story.rolledBack.id)];
    expect(undone).toMatchObject({ eventType: 'COMPLETE', job: { name: 'recomart.users.undo' } });
    expect(back).toMatchObject({
      ...{ eventType: 'COMPLETE', job: { name: 'recomart.users.rollback' } },
      inputs: [{ name: table, facets: { version: { datasetVersion: story.landed.snapshot } } }],
    });
    for (const [event, { outcome }] of [
      [undone, story.undone],
      [back, story.rolledBack],
    ] as const)
      expect(event.outputs[0]).toMatchObject({
        ...{ name: table, facets: { version: { datasetVersion: outcome!.snapshot } } },
      });
  });

  it('that an undo could not be, and why', () => {
    const end = endOf(story.impossible.id);
    expect(end).toMatchObject({ eventType: 'FAIL', outputs: [] });
    expect(end.run.facets).toMatchObject({ errorMessage: { message: story.impossible.why!.message } });
  });

  it('no value of any row', () => {
    expect(JSON.stringify(told.heard)).not.toMatch(/Mobile|Desktop/);
  });
});

it.each(Object.entries(ends))('a delivery or revision that ends %s is told as %s', (state, end) => {
  const entry = { ...story.landed, state, error: 'it broke' } as Delivery;
  const events = deliveryEvents({ entry, runId: runIdOf('x') });
  expect(events.map(({ eventType }) => eventType)).toEqual(end ? ['START', end] : []);
});

it('the endpoint may fail, and nothing waits for it', async () => {
  told.answer.status = 500;
  const landed = await told.cloud.land(
    'recomart.users',
    'b.csv',
    'user_id,age,gender,device\n9,30,F,Mobile\n',
  );
  expect(landed).toMatchObject({ state: 'committed' });
  await expect(lineageTo('http://127.0.0.1:1/')!([])).resolves.toBeUndefined();
});

/** A story played once for each of its writes, with a fault there. */

import type { Engine } from '../../../platform/engine/duckdb.ts';
import { sideBySide } from '../../../platform/side-by-side.ts';
import type { TestCloud } from '../support.ts';
import type { Mail } from './mail.ts';
import { type Outcome, outcomeOf } from './outcome.ts';
import { type Fault, Pipeline, type PipelineOptions, type Write } from './pipeline.ts';
import type { Story } from './stories.ts';

export interface Stage {
  /** Its queues feed nobody. */
  readonly cloud: TestCloud;
  readonly engine: Engine;
  readonly mail: Mail;
}

export interface Run {
  readonly writes: readonly Write[];
  readonly outcome: Outcome;
}

/** Plays a story to its end, on a dataset of its own. */
export async function play(
  story: Story,
  { cloud, engine, mail }: Stage,
  options: Pick<PipelineOptions, 'fault' | 'strikes'> = {},
): Promise<Run & Pick<Pipeline, 'contract'>> {
  const pipeline = new Pipeline({ cloud, engine, mail, ...options });
  await story(pipeline);
  await pipeline[Symbol.asyncDispose]();
  const { writes, contract } = pipeline;
  return { writes, contract, outcome: await outcomeOf(pipeline, cloud, engine) };
}

export interface Enumeration {
  readonly story: Story;
  readonly fault: Fault;
  /** How the story goes and ends without a fault. */
  readonly undisturbed: Run;
  /** Which writes the fault strikes, one a run. @default all */
  readonly struck?: (write: Write) => boolean;
  /** What must be the same of the outcomes. @default all of them */
  readonly view?: (outcome: Outcome) => object;
}

/** Tells the writes of a run that come after a story it begins with: what that one alone takes is enumerated elsewhere. */
export async function after(
  beginning: Story,
  { writes }: Run,
  stage: Stage,
): Promise<(write: Write) => boolean> {
  const before = await play(beginning, stage);
  const later = new Set(writes.slice(before.writes.length));
  return (write) => later.has(write);
}

/** So many runs at a time: they mostly wait. */
const AT_ONCE = 4;

/** The runs that do not end as the undisturbed one: which write was struck, and what is different. */
export async function enumerate(
  { story, fault, undisturbed, struck = () => true, view = (outcome) => outcome }: Enumeration,
  stage: Stage,
): Promise<unknown[]> {
  const { writes, outcome } = undisturbed;
  const numbers = writes.flatMap((write, number) => (struck(write) ? [number] : []));
  const found: unknown[] = [];
  await sideBySide(numbers, AT_ONCE, async (number) => {
    const options = { fault, strikes: (write: number) => write === number };
    const different = await play(story, stage, options).then(
      (run) => differences(view(run.outcome), view(outcome)),
      ({ message }: Error) => ({ message }),
    );
    if (Object.keys(different).length > 0) found.push({ number, ...writes[number], different });
  });
  return found;
}

export const differences = (outcome: object, expected: object): object =>
  Object.fromEntries(
    Object.entries(outcome).filter(
      ([name, value]) =>
        JSON.stringify(value) !== JSON.stringify((expected as Record<string, unknown>)[name]),
    ),
  );

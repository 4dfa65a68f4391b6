/** Runs of jobs on the local cloud: once each, one at a time, again when they fail, and never out of sight. */
import { ListQueuesCommand } from '@aws-sdk/client-sqs';
import { describe, expect, it } from '@jest/globals';
import type { Job, Jobs, Run } from '../../core/schedule/model.ts';
import { createHandler as createRunJob } from '../../lambdas/run-job/handler.ts';
import { worker } from '../../lambdas/worker.ts';
import { awsClients } from '../../platform/aws.ts';
import { deadLetterQueues, redrive, withDeadLetters } from '../../platform/dead-letters.ts';
import { sendAsk } from '../../platform/jobs/ask.ts';
import { Runs } from '../../platform/jobs/runs.ts';
import { until } from '../cli/support.ts';
import { type Between, disturbed, reset } from '../support/requests.ts';
import { type TestCloud, testCloud } from './support.ts';

const RUN_JOB = 'lambdas/run-job/handler.ts';
const SWEEP = 'lambdas/sweep/handler.ts';
const row: Job = {
  describe: 'For a test',
  when: { cron: '0 * * * *', zone: 'UTC' },
  work: 'sweep',
  input: {},
  timeout: 60,
  retries: { most: 0, first: 0 },
  after: [],
  overlap: 'skip',
  missed: 'once',
};

/** Work that a test holds: each call waits until it is let go, with figures or an error. */
function held() {
  const calls: PromiseWithResolvers<Record<string, number>>[] = [];
  const create = () =>
    worker(() => {
      const call = Promise.withResolvers<Record<string, number>>();
      calls.push(call);
      return call.promise;
    }) as never;
  return { calls, create };
}

const noon = (hour: number): string => new Date(Date.UTC(2026, 0, 1, hour)).toISOString();

const again = { retries: { most: 2, first: 0 } };

/** `cut short`: it is made, and its maker dies. */
type Way = 'refused' | 'cut short' | 'not answered';

const died = (): Error => Object.assign(new Error('died'), { $metadata: {} });

async function withJobs(
  jobs: Record<string, Partial<Job>>,
  work: (verbs: {
    cloud: TestCloud;
    runs: Runs;
    calls: ReturnType<typeof held>['calls'];
    due(job: string, at: string, as?: string): Promise<void>;
    outcomes(job: string): Promise<string[]>;
    over(job: string, at: string): Promise<Run>;
    /** Has the nth write of the runner from now fail in a way. @returns whether it was met */
    disturb(way: Way, nth: number): () => boolean;
    begun(): number;
  }) => Promise<void>,
): Promise<void> {
  const { calls, create } = held();
  const table = Object.fromEntries(Object.entries(jobs).map(([name, own]) => [name, { ...row, ...own }]));
  let fault: { way: Way; left: number } | undefined;
  const between: Between = async (send, { writes }) => {
    if (!writes || !fault || --fault.left !== 0) return send();
    if (fault.way === 'refused') throw died();
    await send();
    throw fault.way === 'cut short' ? died() : reset();
  };
  await using cloud = await testCloud({
    handlers: {
      [SWEEP]: create,
      [RUN_JOB]: (env) =>
        createRunJob(env, { jobs: table as Jobs, clients: disturbed(awsClients(env), between) }) as never,
    },
  });
  // Whatever became of the test, no call is left that the cloud would wait for.
  using _ = { [Symbol.dispose]: () => calls.forEach((call) => void call.resolve({})) };
  const { dynamodb, sqs } = awsClients(cloud.env);
  const runs = new Runs(dynamodb, cloud.env.WHARF_LEDGER_TABLE);
  const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand({}));
  const queue = QueueUrls.find((url) => url.includes('ClockJobsQueue'))!;
  const get = (job: string, due: string) => runs.get({ job, due });
  await work({
    ...{ cloud, runs, calls, begun: () => calls.length },
    disturb(way, nth) {
      const set = { way, left: nth };
      fault = set;
      return () => set.left <= 0;
    },
    async due(job, at, as) {
      await sendAsk(sqs, queue, { job, due: at, as });
    },
    outcomes: async (job) => (await Array.fromAsync(runs.list(job))).map(({ outcome }) => outcome),
    async over(job, at) {
      await until(`${job} is over`, async () =>
        ['done', 'failed', 'skipped'].includes((await get(job, at))?.outcome ?? ''),
      );
      return (await get(job, at))!;
    },
  });
}

describe('a run', () => {
  it(
    'that is due twice is done once, and its record says when it was and what it did',
    () =>
      withJobs({ a: {} }, async ({ cloud, due, over, calls, outcomes }) => {
        for (let i = 0; i < 3; i++) await due('a', noon(1));
        await until('it has begun', () => calls.length > 0);
        await due('a', noon(1));
        calls[0]!.resolve({ found: 3 });
        const run = await over('a', noon(1));
        expect(run).toMatchObject({
          job: 'a',
          due: noon(1),
          outcome: 'done',
          tries: 1,
          figures: { found: 3 },
        });
        expect(Date.parse(run.ended_at!) - Date.parse(run.started_at!)).toBe(run.ms);
        await due('a', noon(1));
        await cloud.idle();
        expect(calls).toHaveLength(1);
        expect(await outcomes('a')).toEqual(['done']);
      }),
    60_000,
  );

  it(
    'that is due while another of its job is under way is left out, waits, or goes beside it, as the row says',
    () =>
      withJobs({ skips: {}, queues: { overlap: 'queue' }, allows: { overlap: 'allow' } }, async (verbs) => {
        const { due, over, calls, runs } = verbs;
        for (const job of ['skips', 'queues', 'allows']) {
          calls.length = 0;
          await due(job, noon(1));
          await until('the first has begun', () => calls.length === 1);
          await due(job, noon(2));
          if (job === 'allows') await until('the second has begun', () => calls.length === 2);
          else
            await until('the second is held', async () =>
              ['waiting', 'skipped'].includes((await runs.get({ job, due: noon(2) }))?.outcome ?? ''),
            );
          if (job === 'queues') {
            expect(await runs.get({ job, due: noon(2) })).toMatchObject({ outcome: 'waiting', tries: 0 });
            calls[0]!.resolve({});
            await over(job, noon(1));
            // Its message comes again in a while; here it is sent by hand.
            await due(job, noon(2));
            await until('the second has begun', () => calls.length === 2);
          }
          for (const call of calls) call.resolve({});
          expect((await over(job, noon(1))).outcome).toBe('done');
          expect(await over(job, noon(2))).toMatchObject(
            job === 'skips'
              ? { outcome: 'skipped', code: 'job.overlap', tries: 0 }
              : { outcome: 'done', tries: 1 },
          );
        }
      }),
    60_000,
  );

  it(
    'that fails is tried again, later each time, and ends among the dead letters; sent back, it is a run of its own',
    () =>
      withJobs({ a: { retries: { most: 2, first: 1 } } }, async ({ cloud, due, over, calls, runs }) => {
        const began: number[] = [];
        await due('a', noon(1));
        for (let i = 0; i < 3; i++) {
          await until('a try has begun', () => calls.length === i + 1);
          began.push(Date.now());
          calls[i]!.reject(new Error('secret of a row'));
          if (i < 2)
            await until(
              'it waits',
              async () => (await runs.get({ job: 'a', due: noon(1) }))?.outcome === 'waiting',
            );
        }
        const run = await over('a', noon(1));
        expect(run).toMatchObject({ outcome: 'failed', tries: 3 });
        expect(run.error).toMatch(/words are withheld/);
        expect(began[1]! - began[0]!).toBeGreaterThanOrEqual(900);
        expect(began[2]! - began[1]!).toBeGreaterThanOrEqual(1900);
        const queues = (await deadLetterQueues(cloud)).filter(({ name }) => name.includes('Jobs'));
        expect(queues.map(({ messages }) => messages)).toEqual([1]);
        await withDeadLetters(queues, cloud, async ([letter]) => {
          expect(letter!.why?.error).toBe(run.error);
          await redrive(letter!, cloud);
        });
        await until('it has begun once more', () => calls.length === 4);
        calls[3]!.resolve({});
        await until('that is done', async () => (await runs.latest('a'))?.outcome === 'done');
        expect(await runs.latest('a')).toMatchObject({ due: noon(1), as: 'again', tries: 1 });
        expect((await runs.get({ job: 'a', due: noon(1) }))!.outcome).toBe('failed');
      }),
    60_000,
  );

  it(
    'comes after those its row names: it waits for them, and is left out where one failed',
    () =>
      withJobs({ first: {}, second: { after: ['first'] } }, async ({ due, over, calls, runs }) => {
        const now = new Date();
        const hour = new Date(now.getTime() - (now.getTime() % 3_600_000)).toISOString();
        const second = () => runs.get({ job: 'second', due: hour });
        await due('second', hour);
        await until('it waits', async () => (await second())?.outcome === 'waiting');
        expect((await second())!.error).toMatch(/first.* not begun/);
        await due('first', hour);
        await until('the first has begun', () => calls.length === 1);
        await due('second', hour);
        await until('it waits for it', async () => /is running/.test((await second())?.error ?? ''));
        calls[0]!.resolve({});
        await over('first', hour);
        await due('second', hour);
        await until('it has begun', () => calls.length === 2);
        calls[1]!.resolve({});
        expect((await over('second', hour)).outcome).toBe('done');

        await due('first', hour, 'later');
        await until('the first has begun again', () => calls.length === 3);
        calls[2]!.reject(new Error('no'));
        await until('it failed', async () => (await runs.latest('first'))?.outcome === 'failed');
        await due('second', hour, 'later');
        await until('it is left out', async () => (await runs.latest('second'))?.outcome === 'skipped');
        expect(calls).toHaveLength(3);
      }),
    60_000,
  );

  it(
    'ends the same whatever request of its runner is refused, or made and not answered, or the last it makes',
    () =>
      withJobs({ a: again, b: again, c: again }, async ({ due, over, calls, runs, disturb, begun }) => {
        const ways = { a: 'refused', b: 'cut short', c: 'not answered' } as const;
        let rounds = 0;
        for (const [job, way] of Object.entries(ways)) {
          let nth = 0;
          // Until a run has no such request any more: then all were met.
          for (let met = true; met; rounds++) {
            nth += 1;
            const before = calls.length;
            const disturbed = disturb(way, nth);
            await due(job, noon(nth));
            await until('the work is asked for', () => calls.length > before);
            for (const call of calls) call.resolve({ nth });
            const letGo = setInterval(() => calls.forEach((call) => void call.resolve({ nth })), 20);
            expect([way, nth, (await over(job, noon(nth))).outcome]).toEqual([way, nth, 'done']);
            clearInterval(letGo);
            met = disturbed();
            disturb(way, 0);
          }
          expect(nth).toBeGreaterThan(5);
        }
        // Once, but where it was cut short between the work and its record.
        expect(begun()).toBeLessThanOrEqual(rounds + 2 * 3);
        expect(await runs.takeTurn({ job: 'a', due: noon(20) })).toBe(noon(20));
      }),
    120_000,
  );

  it(
    'that nobody was there for is done late or left out, as the row says',
    () =>
      withJobs({ once: {}, skips: { missed: 'skip' } }, async ({ due, over, calls }) => {
        await due('skips', noon(1));
        expect(await over('skips', noon(1))).toMatchObject({ outcome: 'skipped', code: 'job.missed' });
        await due('once', noon(1));
        await until('it has begun', () => calls.length === 1);
        calls[0]!.resolve({});
        expect((await over('once', noon(1))).outcome).toBe('done');
      }),
    60_000,
  );

  it(
    'of a function that takes too long, or of none, fails with words of its own',
    () =>
      withJobs({ slow: { timeout: 1 }, nobody: { work: 'nothing' } }, async ({ due, over, calls }) => {
        await due('slow', noon(1));
        await due('nobody', noon(1));
        expect(await over('slow', noon(1))).toMatchObject({ outcome: 'failed', code: 'job.timed_out' });
        expect(await over('nobody', noon(1))).toMatchObject({ outcome: 'failed', code: 'job.no_function' });
        calls[0]!.resolve({});
      }),
    60_000,
  );

  it(
    'whose worker died is taken up by whoever gets its message next, and given up after its last try',
    () =>
      withJobs({ a: { retries: { most: 1, first: 0 } } }, async ({ due, over, calls, runs }) => {
        const dead = {
          job: 'a',
          due: noon(1),
          asked_at: noon(1),
          outcome: 'running',
          started_at: noon(1),
          until: noon(2),
        } as const;
        await runs.put({ ...dead, tries: 1 }, undefined);
        await runs.takeTurn(dead);
        // Another run of the job is not kept waiting by the dead one.
        await due('a', noon(2));
        await until('it has begun', () => calls.length === 1);
        calls[0]!.resolve({});
        expect((await over('a', noon(2))).outcome).toBe('done');
        await due('a', noon(1));
        await until('it is taken up', () => calls.length === 2);
        calls[1]!.resolve({});
        expect(await over('a', noon(1))).toMatchObject({ outcome: 'done', tries: 2 });

        await runs.put({ ...dead, due: noon(3), tries: 2 }, undefined);
        await due('a', noon(3));
        expect(await over('a', noon(3))).toMatchObject({ outcome: 'failed', code: 'job.interrupted' });
      }),
    60_000,
  );
});

it(
  'a message about no job, or about nothing, is a dead letter with its reason',
  () =>
    withJobs({ a: {} }, async ({ cloud, due }) => {
      await due('unknown', noon(1));
      await due('a', 'never');
      await cloud.idle();
      const queues = (await deadLetterQueues(cloud)).filter(({ name }) => name.includes('Jobs'));
      await withDeadLetters(queues, cloud, async (letters) => {
        expect(letters.map(({ why }) => why?.code).sort()).toEqual([
          'schedule.invalid_message',
          'schedule.unknown_job',
        ]);
      });
    }),
  60_000,
);

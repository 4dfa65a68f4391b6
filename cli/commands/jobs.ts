/** `wharf jobs`: what Wharf does by the clock. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { WharfError } from '../../core/errors.ts';
import { jobOf, jobs } from '../../core/schedule/jobs.ts';
import { clockOf, isOver, type Job, type Run } from '../../core/schedule/model.ts';
import { nextTimes } from '../../core/schedule/times.ts';
import { awsClients } from '../../platform/aws.ts';
import { Runs } from '../../platform/jobs/runs.ts';
import { useInstallation } from '../installation.ts';
import { exit, type GlobalOptions, number, pc, print, printJson, table } from '../output.ts';

interface OfStage extends GlobalOptions {
  /** The ledger of a deployed stage; without it, the one of this machine. */
  readonly ledger?: string;
}

interface Limited {
  readonly limit: number;
}

const rows = Object.entries<Job>(jobs);

/** The rows, or the one of a name. @throws WharfError `schedule.unknown_job` */
const chosen = (name: string | undefined): (readonly [string, Job])[] =>
  name === undefined ? rows : [[name, jobOf(name)]];

async function withRuns<T>({ ledger, state }: OfStage, work: (runs: Runs) => Promise<T>): Promise<T> {
  if (ledger) return work(new Runs(awsClients(process.env).dynamodb, ledger));
  await using installation = await useInstallation(state);
  return await work(installation.runs);
}

const minute = (iso: string): string => iso.slice(0, 16).replace('T', ' ');

const colours = {
  done: pc.green,
  failed: pc.red,
  skipped: pc.yellow,
  running: pc.cyan,
  waiting: pc.dim,
} as const;

/** A run's outcome in its colour. */
const outcomeOf = ({ outcome }: Run): string => colours[outcome](outcome);

/** What a run did, or why it did nothing. */
const saidOf = ({ outcome, figures = {}, error }: Run): string =>
  outcome === 'done'
    ? Object.entries(figures)
        .map(
          ([name, value]) =>
            `${name.replaceAll('_', ' ')} ${typeof value === 'number' ? number(value) : value}`,
        )
        .join(', ')
    : (error ?? '');

/** One line of a run that is over. */
export const runLine = (run: Run): string =>
  `${run.ended_at?.slice(11, 19)} ${outcomeOf(run)} ${run.job} of ${minute(run.due)}  ${saidOf(run)}${run.ms === undefined ? '' : `  ${pc.dim(`${number(run.ms)} ms`)}`}`;

/** Every job: when it is due next, and what came of it last. */
export async function list(options: OfStage): Promise<number> {
  const last = await withRuns(options, (runs) =>
    Promise.all(rows.map(async ([name]) => [name, await runs.latest(name, (run) => !clockOf(run))] as const)),
  );
  const latest = new Map(last);
  const found = rows.map(([name, { describe, when, after, overlap, missed }]) => ({
    ...{ job: name, describe, ...when, after, overlap, missed },
    next: nextTimes(when, new Date(), 1)[0]!.toISOString(),
    last: latest.get(name) ?? null,
  }));
  if (options.json) printJson(found);
  else
    print(
      table(
        ['job', 'cron', 'zone', 'next (UTC)', 'last (UTC)', '', 'what it does'],
        found.map(({ job, cron, zone, next, last, describe }) => [
          ...[job, cron, zone, minute(next), last && minute(last.due), last && outcomeOf(last), describe],
        ]),
      ),
    );
  return exit.done;
}

/** The next times of every job, or of one; `limit` of each. */
export async function next(
  name: string | undefined,
  options: GlobalOptions & Limited & { readonly from?: Date },
): Promise<number> {
  const from = options.from ?? new Date();
  const times = chosen(name).flatMap(([job, { when }]) =>
    nextTimes(when, from, options.limit).map((time) => ({ job, due: time.toISOString(), zone: when.zone })),
  );
  const found = times.sort((a, b) => (a.due < b.due ? -1 : 1));
  if (options.json) printJson(found);
  else
    print(
      table(
        ['due (UTC)', 'there', 'job'],
        found.map((one) => [minute(one.due), there(one), one.job]),
      ),
    );
  return exit.done;
}

/** A time as clocks show it where the job is. */
const there = ({ due, zone }: { readonly due: string; readonly zone: string }): string =>
  `${new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'short' }).format(new Date(due))} ${zone}`;

/** What came of the runs of every job, or of one, the latest first. */
export async function history(name: string | undefined, options: OfStage & Limited): Promise<number> {
  const names = chosen(name).map(([job]) => job);
  const found = await withRuns(options, (runs) =>
    Promise.all(names.map((job) => runs.newest(job, options.limit))),
  );
  const newest = found.flat().sort((a, b) => (a.due < b.due ? 1 : -1));
  const shown = newest.slice(0, options.limit);
  if (options.json) printJson(shown);
  else if (shown.length === 0)
    print('No runs yet. `wharf start` runs jobs when they are due, `wharf jobs run` now.');
  else
    print(
      table(
        ['job', 'due (UTC)', 'asked by', 'outcome', 'tries', 'ms', 'what it did, or why not'],
        shown.map((run) => [
          ...[run.job, minute(run.due), run.by ?? run.as ?? 'schedule', outcomeOf(run), run.tries],
          ...[run.ms === undefined ? null : number(run.ms), saidOf(run)],
        ]),
        ['tries', 'ms'],
      ),
    );
  return exit.done;
}

/** How often it is looked whether a run is over. */
const LOOK_MS = 100;

/** Runs a job now, whatever the time, and waits for what comes of it. */
export async function run(name: string, options: GlobalOptions): Promise<number> {
  jobOf(name);
  await using installation = await useInstallation(options.state);
  const ask = { job: name, due: new Date().toISOString(), as: randomUUID().slice(0, 8), by: 'hand' } as const;
  await installation.askJob(ask);
  for (;;) {
    const found = await installation.runs.get(ask);
    if (found && isOver(found)) return told(found, options);
    if (found?.outcome === 'waiting' && found.error)
      throw new WharfError(`The run of ${name} waits: ${found.error}`, {
        code: found.code ?? 'job.waiting',
        fix: `It is tried again by itself while \`wharf start\` is up; \`wharf jobs history ${name}\` shows it`,
      });
    await sleep(LOOK_MS);
  }
}

function told(run: Run, { json }: GlobalOptions): number {
  if (json) printJson(run);
  else print(runLine(run));
  return run.outcome === 'done' ? exit.done : exit.failed;
}

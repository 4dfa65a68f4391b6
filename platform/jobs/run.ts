/**
 * One run of a job, from the message that it is due to its record. The record decides: whoever writes `running` over
 * what was there does the work, so a message that comes twice, or to two, is one run. Killed anywhere, a run is taken
 * up when its message comes again.
 */
import { WharfError } from '../../core/errors.ts';
import { jobOf } from '../../core/schedule/jobs.ts';
import {
  type Ask,
  backoff,
  clockOf,
  isOver,
  type Job,
  type Jobs,
  type Run,
  type Worked,
} from '../../core/schedule/model.ts';
import { lastTime } from '../../core/schedule/times.ts';
import { type Runs, runId } from './runs.ts';

export interface RunDeps {
  readonly jobs: Jobs;
  readonly runs: Runs;
  /** Calls the function that does the work; what it throws is the function's failure. */
  readonly work: (name: string, input: Job['input'], timeoutMs: number) => Promise<Worked>;
  /** Sends a message again, to come after so many seconds. */
  readonly askLater: (ask: Ask, seconds: number) => Promise<void>;
  /** Puts a run among the dead letters. */
  readonly giveUp: (ask: Ask, error: WharfError) => Promise<void>;
  readonly now: () => Date;
  /** Of the workers there are, none began before this. */
  readonly workersSince: Date;
}

/** A run that comes later than this was missed. */
const LATE_MS = 15 * 60_000;
/** So long a run waits for those before it, and so often it looks; as often who has no turn yet. */
const PATIENCE_MS = 60 * 60_000;
const LOOK_AGAIN_S = 15;
/** Between a try's end and its record. */
const MARGIN_MS = 60_000;

/** Why a run does not begin now. */
interface Held {
  readonly outcome: 'waiting' | 'skipped';
  readonly code: string;
  readonly error: string;
}

/** Does a run, as far as it is due. @returns its record; undefined where somebody else was faster */
export async function runJob(ask: Ask, deps: RunDeps): Promise<Run | undefined> {
  const job = jobOf(ask.job, deps.jobs);
  const was = await deps.runs.get(ask);
  if (was && isOver(was)) return was;
  if (was && isAlive(was, deps)) {
    // Whoever is at it may die, and its message with it: this one stays until the run is over.
    await deps.askLater(ask, LOOK_AGAIN_S);
    return was;
  }
  const asked_at = was?.asked_at ?? deps.now().toISOString();
  const blank: Run = { ...ask, asked_at, outcome: 'waiting', tries: was?.tries ?? 0 };
  const held = (was ? undefined : missed(ask, job, deps)) ?? (await notYet(blank, job, deps));
  if (held) return hold({ ...blank, ...held }, was, deps);
  if (was && was.tries > job.retries.most)
    return end({ code: 'job.interrupted', error: 'Its last try was cut short', ...was }, was, 'failed', deps);
  const started = deps.now();
  const running: Run = {
    ...blank,
    ...{ outcome: 'running', tries: blank.tries + 1, started_at: started.toISOString() },
    until: new Date(started.getTime() + job.timeout * 1000 + MARGIN_MS).toISOString(),
  };
  try {
    if (!(await deps.runs.put(running, was))) return undefined;
    const overlap = await othersTurn(ask, job, deps);
    return overlap ? await hold({ ...blank, ...overlap }, running, deps) : await attempt(running, job, deps);
  } catch (error) {
    // The message comes again, and is to find nobody at it. Where this cannot be written either, that takes its time.
    await deps.runs.put({ ...running, outcome: 'waiting' }, running).catch(() => {});
    await deps.runs.endTurn(ask).catch(() => {});
    throw error;
  }
}

/** One try of the work, from its record to the next one. */
async function attempt(running: Run, job: Job, deps: RunDeps): Promise<Run | undefined> {
  const worked = await deps
    .work(job.work, job.input, job.timeout * 1000)
    .catch((error: Error & { code?: string }) => ({ failed: { code: error.code, error: error.message } }));
  if ('figures' in worked) return end({ ...running, figures: worked.figures }, running, 'done', deps);
  const failed = { ...running, ...worked.failed };
  if (running.tries > job.retries.most) return end(failed, running, 'failed', deps);
  const waiting = await end(failed, running, 'waiting', deps);
  await deps.askLater(askOf(running), backoff(job.retries, running.tries));
  return waiting;
}

const isAlive = ({ outcome, until = '', started_at = '' }: Run, { now, workersSince }: RunDeps): boolean =>
  outcome === 'running' &&
  Date.parse(until) > now().getTime() &&
  Date.parse(started_at) >= workersSince.getTime();

function missed({ due, as }: Ask, { missed }: Job, { now }: RunDeps): Held | undefined {
  if (as !== undefined || missed === 'once' || now().getTime() - Date.parse(due) <= LATE_MS) return undefined;
  return {
    outcome: 'skipped',
    code: 'job.missed',
    error: 'Nobody was there when it was due, and the next one does as well',
  };
}

/** Whether jobs that come before have had their run, by the same clock. */
async function notYet(run: Run, { after }: Job, { jobs, runs, now }: RunDeps): Promise<Held | undefined> {
  const { due, by, asked_at } = run;
  if (by === 'hand') return undefined;
  for (const name of after) {
    const expected = lastTime(jobOf(name, jobs).when, new Date(due))?.toISOString() ?? '';
    const last = await runs.latest(name, (other) => clockOf(other) === clockOf(run));
    const outcome = last && last.due >= expected ? last.outcome : 'not begun';
    if (outcome === 'done' || outcome === 'skipped') continue;
    // A clock that was set may have been set to after it.
    if (outcome === 'not begun' && clockOf(run)) continue;
    const isLate = now().getTime() - Date.parse(asked_at) > PATIENCE_MS;
    const isHopeless = outcome === 'failed' || isLate;
    const error = `${name}, which comes before it, is ${outcome}`;
    return { outcome: isHopeless ? 'skipped' : 'waiting', code: 'job.not_its_turn', error };
  }
  return undefined;
}

/** Takes the turn of a job that lets no two run at a time. @returns what becomes of the run where another one has it */
async function othersTurn(ask: Ask, job: Job, deps: RunDeps): Promise<Held | undefined> {
  if (job.overlap === 'allow') return undefined;
  const mine = runId(ask);
  let holder = await deps.runs.takeTurn(ask);
  if (holder !== mine) {
    const [due = '', as] = holder.split('~');
    const other = await deps.runs.get({ job: ask.job, due, as });
    // A run has its record before its turn: one that is not under way has not given its turn back.
    if (!other || !isAlive(other, deps)) holder = await deps.runs.takeTurn(ask, holder);
  }
  if (holder === mine) return undefined;
  const outcome = job.overlap === 'queue' ? 'waiting' : 'skipped';
  return { outcome, code: 'job.overlap', error: `The run of ${holder.split('~')[0]} is still under way` };
}

/** Writes down that a run does not begin now, and sends for it again where it may later. */
async function hold(run: Run, was: Run | undefined, deps: RunDeps): Promise<Run | undefined> {
  const record = run.outcome === 'skipped' ? { ...run, ended_at: deps.now().toISOString() } : run;
  if (!(await deps.runs.put(record, was))) return undefined;
  if (run.outcome === 'waiting') await deps.askLater(askOf(run), LOOK_AGAIN_S);
  return record;
}

/** Writes down how a try ended. A run that failed for good is among the dead letters before its record says so. */
async function end(run: Run, was: Run, outcome: Run['outcome'], deps: RunDeps): Promise<Run | undefined> {
  const ended = deps.now();
  const { until: _, ...kept } = run;
  const record: Run = {
    ...kept,
    ...{ outcome, ended_at: ended.toISOString(), ms: ended.getTime() - Date.parse(run.started_at!) },
  };
  if (outcome === 'failed') {
    const { error = '', code = 'job.failed' } = run;
    await deps.giveUp(askOf(run), new WharfError(error, { code }));
  }
  const written = await deps.runs.put(record, was);
  await deps.runs.endTurn(askOf(run));
  return written ? record : undefined;
}

const askOf = ({ job, due, as, by }: Run): Ask => ({ job, due, as, by });

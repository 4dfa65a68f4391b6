/** The table of jobs: whatever Wharf does because of the time of day. A new job is a new row, and a function for its work. */

import { suggest } from '../contract/suggest.ts';
import { WharfError } from '../errors.ts';
import { toEventBridge } from './eventbridge.ts';
import { type Job, type Jobs, LONGEST } from './model.ts';
import { nextTimes } from './times.ts';

const patient = { most: 3, first: 60 };

const defaults = {
  input: {},
  timeout: LONGEST,
  retries: patient,
  after: [],
  overlap: 'skip',
  missed: 'once',
} satisfies Partial<Job>;

export const jobs = {
  'ingest-sweep': {
    ...defaults,
    describe: 'Takes in landed files whose notification was lost',
    when: { cron: '0 0,6,12,18 * * *', zone: 'UTC' },
    work: 'sweep',
  },
  'stockgrip-landing': {
    ...defaults,
    describe: "The same for Stock GRIP's files alone, once its collectors are through",
    when: { cron: '0 1 * * *', zone: 'UTC' },
    work: 'sweep',
    input: { domain: 'stockgrip' },
  },
  compact: {
    ...defaults,
    describe:
      'Fills approved columns from `_rescued`, and rewrites many small files of events as few large ones',
    when: { cron: '20 * * * *', zone: 'UTC' },
    work: 'compact',
    // The next one does what this one would have done.
    retries: { most: 1, first: 60 },
    missed: 'skip',
  },
  'expire-snapshots': {
    ...defaults,
    describe: 'Drops snapshots that are past their retention, and the files only they show',
    when: { cron: '40 2 * * *', zone: 'UTC' },
    work: 'expire',
  },
  'remove-orphans': {
    ...defaults,
    describe: 'Deletes bytes of the lake that nothing has referred to for a day',
    when: { cron: '0 4 * * SUN', zone: 'UTC' },
    work: 'expire',
    input: { orphans: true },
    after: ['expire-snapshots'],
    overlap: 'queue',
  },
  'quarantine-age': {
    ...defaults,
    describe: 'Tells how long the oldest refused row has waited, for the alarm',
    when: { cron: '10 0,6,12,18 * * *', zone: 'UTC' },
    work: 'quarantine-age',
    missed: 'skip',
  },
  'clean-up': {
    ...defaults,
    describe: 'Deletes records of runs and other notes of the ledger older than 90 days, and expired staging',
    when: { cron: '0 3 * * SUN', zone: 'UTC' },
    work: 'clean-up',
    input: { days: 90 },
  },
} satisfies Jobs;

/**
 * Holds a table to what the parts make of it; the stack and the functions do so before they use it.
 * @throws WharfError `schedule.invalid` naming every problem, `schedule.cron`
 */
export function checkJobs(table: Jobs): Jobs {
  const problems: string[] = [];
  const claim = (holds: boolean, problem: string) => holds || problems.push(problem);
  for (const [name, { when, timeout, retries, after }] of Object.entries(table)) {
    claim(/^[a-z][a-z0-9-]{0,39}$/.test(name), `"${name}" is no name`);
    claim(timeout > 0 && timeout <= LONGEST, `${name} may run for ${timeout} s, more than ${LONGEST}`);
    claim(retries.most >= 0 && retries.first >= 0, `${name} is tried again less than not at all`);
    for (const other of after) claim(other in table, `${name} comes after "${other}", which is no job`);
    claim(!circular(name, table), `${name} comes after itself`);
    claim(isZone(when.zone), `${name} is due in the zone "${when.zone}", which nobody knows`);
    toEventBridge(when.cron);
    if (isZone(when.zone)) claim(nextTimes(when, new Date(0), 1).length > 0, `${name} is never due`);
  }
  if (problems.length === 0) return table;
  throw new WharfError(`The table of jobs has ${problems.length} problem(s): ${problems.join('; ')}`, {
    code: 'schedule.invalid',
    route: 'usage',
    fix: 'core/schedule/jobs.ts has the table',
  });
}

function circular(name: string, table: Jobs, seen: readonly string[] = []): boolean {
  const before = table[seen.at(-1) ?? name]?.after ?? [];
  return before.some(
    (other) => other === name || (!seen.includes(other) && circular(name, table, [...seen, other])),
  );
}

function isZone(zone: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: zone }));
  } catch {
    return false;
  }
}

/**
 * A row by its name.
 * @throws WharfError `schedule.unknown_job`
 */
export function jobOf(name: string, table: Jobs = jobs): Job {
  const job = Object.hasOwn(table, name) ? table[name] : undefined;
  if (job) return job;
  throw new WharfError(`There is no job "${name}"`, {
    code: 'schedule.unknown_job',
    route: 'usage',
    fix: suggest(name, Object.keys(table)),
  });
}

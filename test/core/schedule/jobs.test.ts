/** The table of jobs: what it may say, and that it says what two systems did. */
import { describe, expect, it } from '@jest/globals';
import { checkJobs, jobOf, jobs } from '../../../core/schedule/jobs.ts';
import { backoff, type Job } from '../../../core/schedule/model.ts';
import { isForgotten } from '../../../core/schedule/retention.ts';
import { nextTimes } from '../../../core/schedule/times.ts';

const row: Job = jobs.compact;
const check = (table: Record<string, Partial<Job>>) =>
  checkJobs(Object.fromEntries(Object.entries(table).map(([name, own]) => [name, { ...row, ...own }])));

describe('the table', () => {
  it('holds to its own rules', () => {
    expect(checkJobs(jobs)).toBe(jobs);
  });

  it('sweeps and cleans up when RetailOS did, and lands Stock GRIP’s files when its collectors ran', () => {
    const due = (name: string, count: number) =>
      nextTimes(jobOf(name).when, new Date('2026-02-28T23:59:00Z'), count).map((time) =>
        time.toISOString().slice(0, 16),
      );
    expect(due('ingest-sweep', 4)).toEqual([
      ...['2026-03-01T00:00', '2026-03-01T06:00', '2026-03-01T12:00', '2026-03-01T18:00'],
    ]);
    expect(due('clean-up', 1)).toEqual(['2026-03-01T03:00']);
    expect(jobOf('clean-up').input).toEqual({ days: 90 });
    expect(due('stockgrip-landing', 1)).toEqual(['2026-03-01T01:00']);
  });

  it('takes retraining and checks of quality as plain rows, once they have work', () => {
    const plain = {
      'retrain-models': { when: { cron: '0 2 * * *', zone: 'Europe/Rome' }, work: 'retrain' },
      'quality-checks': {
        when: { cron: '*/30 * * * *', zone: 'UTC' },
        work: 'quality',
        after: ['retrain-models'],
      },
    };
    expect(Object.keys(check(plain))).toEqual(['retrain-models', 'quality-checks']);
  });

  it('is refused with every problem at once', () => {
    expect(() =>
      check({
        'A Job': {},
        long: { timeout: 900 },
        never: { when: { cron: '0 0 31 2 *', zone: 'UTC' } },
        nowhere: { when: { cron: '0 0 * * *', zone: 'Mars/Olympus' } },
        lost: { after: ['nobody'] },
        chicken: { after: ['egg'] },
        egg: { after: ['chicken'] },
      }),
    ).toThrow(/7 problem\(s\).*A Job.*900 s.*never is never due.*Mars.*"nobody".*chicken.*egg/s);
    expect(() => check({ odd: { when: { cron: '0 0 1 * 1', zone: 'UTC' } } })).toThrow(
      /not when a job can be due/,
    );
  });

  it('knows its rows by name, and none that every object has', () => {
    expect(() => jobOf('compat')).toThrow(/Did you mean "compact"/);
    expect(() => jobOf('constructor')).toThrow(/no job "constructor"/);
  });
});

it('waits twice as long before each try, a quarter of an hour at the most', () => {
  const waits = [1, 2, 3, 4, 5, 9].map((tries) => backoff({ most: 9, first: 60 }, tries));
  expect(waits).toEqual([60, 120, 240, 480, 900, 900]);
});

it('forgets what is old of the kinds it names, and nothing else', () => {
  const at = { before: new Date('2026-01-01'), now: new Date('2026-04-01') };
  const forgotten = (item: object) => isForgotten(item as never, at);
  expect(forgotten({ pk: 'runs#a', ended_at: '2025-12-31T23:59:59.999Z' })).toBe('runs');
  expect(forgotten({ pk: 'runs#a', ended_at: '2026-01-01T00:00:00.000Z' })).toBeUndefined();
  expect(forgotten({ pk: 'runs#a' })).toBeUndefined();
  expect(forgotten({ pk: 'claim#a', expires: Date.parse('2026-03-31') / 1000 })).toBe('claim');
  expect(forgotten({ pk: 'claim#a', expires: Date.parse('2026-04-01') / 1000 })).toBeUndefined();
  for (const kind of ['delivery', 'content', 'object', 'apikey', 'catalog', 'turn', 'sweep', 'toString'])
    expect(
      forgotten({ pk: `${kind}#a`, ended_at: '2000', discarded_at: '2000', expires: 1 }),
    ).toBeUndefined();
});

/** What is done by the clock, as users see it: when it is due, what came of it, and what became of what was missed. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { jobOf, jobs } from '../../core/schedule/jobs.ts';
import type { Run } from '../../core/schedule/model.ts';
import { started, until, type Workplace, workplace } from './support.ts';

let place: Workplace;
beforeAll(async () => {
  place = await workplace();
});
afterAll(() => place[Symbol.asyncDispose]());

const names = Object.keys(jobs);

/** Starts with a clock; the runs it tells of as they come. */
async function clocked(clock: string) {
  const runs: Run[] = [];
  const running = await started(place, '--json', '--clock', clock);
  createInterface(running.child.stdout!).on('line', (line) => {
    const value = JSON.parse(line) as Partial<Run>;
    if (value.job) runs.push(value as Run);
  });
  return {
    ...{ ...running, runs },
    async stop(): Promise<void> {
      running.child.kill('SIGINT');
      expect((await running.ended).code).toBe(0);
    },
  };
}

describe('wharf jobs', () => {
  it('says when each job is due, in its zone, after any moment', async () => {
    const next = await place.json<{ job: string; due: string }[]>(
      ...['jobs', 'next', '--from', '2026-03-29T00:30:00Z', '--limit', '2'],
    );
    expect(next).toHaveLength(2 * names.length);
    expect(next.filter(({ job }) => job === 'ingest-sweep').map(({ due }) => due)).toEqual([
      '2026-03-29T06:00:00.000Z',
      '2026-03-29T12:00:00.000Z',
    ]);
    expect(next.map(({ due }) => due)).toEqual(next.map(({ due }) => due).sort());
    const { stdout } = await place.run('jobs', 'next', 'clean-up', '--from', '2026-03-29', '--limit', '1');
    expect(stdout).toContain('2026-03-29 03:00');
  }, 60_000);

  it('refuses what it does not know, and says what there is', async () => {
    const refused = async (...args: string[]) => {
      const { code, stderr } = await place.run(...args);
      expect(code).toBe(2);
      return stderr;
    };
    expect(await refused('jobs', 'run', 'clean-upp')).toMatch(/Did you mean "clean-up"/);
    expect(await refused('jobs', 'next', 'toString')).toMatch(/no job "toString"/);
    expect(await refused('jobs', 'next', '--from', 'tomorrow')).toMatch(/A time is expected/);
    expect(await refused('start', '--clock', 'fast')).toMatch(/such as 60x/);
    expect(await refused('start', '--clock', '60')).toMatch(/such as 60x/);
  }, 60_000);

  it('runs one now, and remembers', async () => {
    const { stdout, code } = await place.run('jobs', 'run', 'clean-up');
    expect(code).toBe(0);
    expect(stdout).toMatch(/done clean-up of .* runs 0, discarded 0/);
    const run = await place.json<Run>('jobs', 'run', 'ingest-sweep');
    expect(run).toMatchObject({ job: 'ingest-sweep', by: 'hand', outcome: 'done', figures: { lost: 0 } });
    expect(await place.json('jobs', 'history', 'ingest-sweep')).toEqual([run]);
    expect(await place.json<Run[]>('jobs', 'history')).toHaveLength(2);
    expect(await place.json<Run[]>('jobs', 'history', '--limit', '1')).toEqual([run]);
    const listed = await place.json<{ job: string; last: Run | null }[]>('jobs', 'list');
    expect(listed.map(({ job }) => job)).toEqual(names);
    expect(listed.filter(({ last }) => last).map(({ job }) => job)).toEqual(['ingest-sweep', 'clean-up']);
    expect((await place.run('jobs', 'history')).stdout).toMatch(/clean-up .* hand .* done/);
  }, 60_000);
});

describe('wharf start', () => {
  it('runs what is due by a clock that goes faster, and others run jobs beside it', async () => {
    const { runs, stop } = await clocked('2026-02-01T02:58:00Z,600x');
    const run = await place.json<Run>('jobs', 'run', 'stockgrip-landing');
    expect(run.outcome).toBe('done');
    await until('three hours have passed', () => runs.some(({ due }) => due === '2026-02-01T06:00:00.000Z'));
    await stop();
    const due = runs
      .filter(({ by }) => !by)
      .map(({ job, due, outcome }) => [due.slice(11, 16), job, outcome]);
    expect(due.slice(0, 4)).toEqual([
      ['03:00', 'clean-up', 'done'],
      ['03:20', 'compact', 'done'],
      ['04:00', 'remove-orphans', 'done'],
      ['04:20', 'compact', 'done'],
    ]);
    expect(new Set(due.map(String)).size).toBe(due.length);
  }, 90_000);

  it('does once what was missed while it was down, or leaves it out, as the row says', async () => {
    const file = join(place.state, 'clock.json');
    const first = await clocked('1x');
    await until('it has looked at its clock', async () => readFile(file, 'utf8').catch(() => ''));
    await first.stop();
    const looked = JSON.parse(await readFile(file, 'utf8')) as Record<string, string>;
    expect(Object.keys(looked).sort()).toEqual([...names].sort());
    const long = new Date(Date.now() - 15 * 86_400_000).toISOString();
    await writeFile(file, JSON.stringify(Object.fromEntries(names.map((name) => [name, long]))));

    const second = await clocked('1x');
    await until(
      'every job was looked after',
      () => new Set(second.runs.map(({ job }) => job)).size === names.length,
    );
    await second.stop();
    expect(second.runs.map(({ job, outcome }) => [job, outcome])).toEqual(
      second.runs.map(({ job, ended_at, due }) => {
        // Unless this is the quarter of an hour in which it is not yet late.
        const isLate = Date.parse(ended_at!) - Date.parse(due) > 15 * 60_000;
        return [job, isLate && jobOf(job).missed === 'skip' ? 'skipped' : 'done'];
      }),
    );
    expect(second.runs.map(({ job }) => job).sort()).toEqual([...names].sort());

    const third = await clocked('1x');
    await place.json('jobs', 'run', 'clean-up');
    await until('that is told', () => third.runs.some(({ by }) => by === 'hand'));
    await third.stop();
    const again = third.runs.filter(({ by }) => !by);
    expect(again.filter(({ due }) => second.runs.some((run) => run.due === due))).toEqual([]);
  }, 120_000);
});

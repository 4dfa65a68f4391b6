/** When jobs are due: by the clocks of a zone, over leap days and changes of the hour, in both dialects of cron. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fromEventBridge, toEventBridge } from '../../../core/schedule/eventbridge.ts';
import { lastTime, nextTimes } from '../../../core/schedule/times.ts';

const next = (cron: string, zone: string, after: string, count: number): string[] =>
  nextTimes({ cron, zone }, new Date(after), count).map((time) => time.toISOString().slice(0, 16));

describe('a job is due', () => {
  it('at the times its row names, never at the moment itself', () => {
    expect(next('0 0,6,12,18 * * *', 'UTC', '2026-01-01T06:00:00Z', 4)).toEqual([
      ...['2026-01-01T12:00', '2026-01-01T18:00', '2026-01-02T00:00', '2026-01-02T06:00'],
    ]);
    expect(next('0 3 * * SUN', 'UTC', '2026-02-27T00:00:00Z', 2)).toEqual([
      '2026-03-01T03:00',
      '2026-03-08T03:00',
    ]);
  });

  it('on the 29th of February in leap years alone, and never in the year 2100', () => {
    expect(next('0 0 29 2 *', 'UTC', '2095-01-01T00:00:00Z', 2)).toEqual([
      '2096-02-29T00:00',
      '2104-02-29T00:00',
    ]);
  });

  it('not at a time the clocks jump over in spring', () => {
    expect(next('30 2 * * *', 'Europe/Rome', '2026-03-28T00:00:00Z', 2)).toEqual([
      '2026-03-28T01:30',
      '2026-03-30T00:30',
    ]);
    expect(next('*/30 1-3 * * *', 'America/New_York', '2026-03-08T05:59:00Z', 4)).toEqual([
      ...['2026-03-08T06:00', '2026-03-08T06:30', '2026-03-08T07:00', '2026-03-08T07:30'],
    ]);
  });

  it('once at a time the clocks show twice in autumn', () => {
    expect(next('30 2 * * *', 'Europe/Rome', '2026-10-24T12:00:00Z', 2)).toEqual([
      '2026-10-25T00:30',
      '2026-10-26T01:30',
    ]);
    expect(next('*/30 * * * *', 'Europe/Rome', '2026-10-24T23:59:00Z', 4)).toEqual([
      ...['2026-10-25T00:00', '2026-10-25T00:30', '2026-10-25T02:00', '2026-10-25T02:30'],
    ]);
  });

  it('by clocks that change by half an hour, or stand at a quarter', () => {
    expect(next('0 2 * * *', 'Australia/Lord_Howe', '2026-10-03T00:00:00Z', 2)).toEqual([
      '2026-10-04T15:00',
      '2026-10-05T15:00',
    ]);
    expect(next('0 6 * * *', 'Asia/Kathmandu', '2026-01-01T00:00:00Z', 1)).toEqual(['2026-01-01T00:15']);
  });

  it('last where it was next before: both ways see the same times', () => {
    const zones = fc.constantFrom(
      'UTC',
      'Europe/Rome',
      'America/New_York',
      'Australia/Lord_Howe',
      'Asia/Kathmandu',
    );
    fc.assert(
      fc.property(crons, zones, moments, (cron, zone, at) => {
        const when = { cron, zone };
        const [first, second] = nextTimes(when, at, 2);
        expect(lastTime(when, first!)).toEqual(first);
        expect(lastTime(when, new Date(second!.getTime() - 1))).toEqual(first);
        expect(first!.getTime()).toBeGreaterThan(at.getTime());
        const before = lastTime(when, at);
        if (before) expect(nextTimes(when, new Date(before.getTime() - 1), 1)).toEqual([before]);
      }),
      { numRuns: 50 },
    );
  });
});

/** A field: everything, steps, or a list of values and ranges. */
const field = (min: number, max: number): fc.Arbitrary<string> => {
  const value = fc.integer({ min, max });
  const range = fc.tuple(value, value).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`);
  const stepped = fc.tuple(range, fc.integer({ min: 1, max: max })).map(([r, n]) => `${r}/${n}`);
  const part = fc.oneof(value.map(String), range, stepped);
  return fc.oneof(
    fc.constant('*'),
    fc.integer({ min: 1, max }).map((n) => `*/${n}`),
    fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join(',')),
  );
};
const crons = fc
  .tuple(...([field(0, 59), field(0, 23), field(1, 28), field(1, 12), field(0, 6), fc.boolean()] as const))
  .map(([minute, hour, day, month, weekday, ofMonth]) =>
    [minute, hour, ofMonth ? day : '*', month, ofMonth ? '*' : weekday].join(' '),
  );
const moments = fc.date({ min: new Date('2025-01-01'), max: new Date('2027-12-31'), noInvalidDate: true });

const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

/** EventBridge's dialect, read anew as AWS describes it: a minute is due or it is not. */
function isDue(expression: string, at: Date): boolean {
  const fields = /^cron\((.*)\)$/.exec(expression)![1]!.split(' ');
  expect(fields).toHaveLength(6);
  expect(fields.filter((text) => text === '?')).toHaveLength(1);
  const values = [
    at.getUTCMinutes(),
    at.getUTCHours(),
    at.getUTCDate(),
    at.getUTCMonth() + 1,
    // From 1 for Sunday.
    at.getUTCDay() + 1,
    at.getUTCFullYear(),
  ];
  return fields.every((text, i) =>
    text.split(',').some((part) => {
      if (part === '*' || part === '?') return true;
      const number = (name: string) => (DAYS.includes(name) ? DAYS.indexOf(name) + 1 : Number(name));
      const [range = '', step] = part.split('/');
      const [from = '', to] = range.split('-');
      const value = values[i]!;
      if (step !== undefined) return value >= number(from) && (value - number(from)) % Number(step) === 0;
      return value >= number(from) && value <= number(to ?? from);
    }),
  );
}

describe('EventBridge’s dialect', () => {
  it.each([
    ['0 0,6,12,18 * * *', 'cron(0 0,6,12,18 * * ? *)'],
    ['0 3 * * 0', 'cron(0 3 ? * SUN *)'],
    ['0 3 * * sun', 'cron(0 3 ? * SUN *)'],
    ['*/15 9-17 * * MON-FRI', 'cron(0/15 9-17 ? * MON-FRI *)'],
    ['0 2 1 jan,7 *', 'cron(0 2 1 1,7 ? *)'],
    ['0 0 */10 * *', 'cron(0 0 1/10 * ? *)'],
    ['5-25/10 0 * * 1-5/2', 'cron(5,15,25 0 ? * MON,WED,FRI *)'],
  ])('has %s as %s', (cron, expression) => {
    expect(toEventBridge(cron)).toBe(expression);
  });

  it('is due at the same minutes as the table, and reads back to what is due then', () => {
    fc.assert(
      fc.property(crons, moments, (cron, at) => {
        const expression = toEventBridge(cron);
        const when = { cron, zone: 'UTC' };
        expect(nextTimes({ cron: fromEventBridge(expression), zone: 'UTC' }, at, 5)).toEqual(
          nextTimes(when, at, 5),
        );
        for (const time of nextTimes(when, at, 5)) expect(isDue(expression, time)).toBe(true);
        const due = new Set(nextTimes(when, at, 120).map((time) => time.getTime()));
        const minute = new Date(Math.trunc(at.getTime() / 60_000) * 60_000);
        for (let i = 0; i < 120; i++) {
          minute.setTime(minute.getTime() + 60_000);
          expect([minute, isDue(expression, minute)]).toEqual([minute, due.has(minute.getTime())]);
        }
      }),
      { numRuns: 30 },
    );
  });

  it.each([
    '* * * *',
    '* * * * * *',
    '60 * * * *',
    '0 24 * * *',
    '0 0 0 * *',
    '0 0 32 * *',
    '0 0 * 13 *',
    '0 0 * * 7',
    '0 0 1 * 1',
    '0 0 L * *',
    '0 0 * * MON#2',
    '5/10 * * * *',
    '*/0 * * * *',
    '20-10 * * * *',
    '*-5 * * * *',
    '0 0 * * ?',
    '@daily',
    '1,,2 * * * *',
    '',
  ])('refuses "%s", which not both can say, or nobody', (cron) => {
    expect(() => toEventBridge(cron)).toThrow(/is not when a job can be due/);
  });

  it.each(['rate(5 minutes)', 'at(2026-01-01T00:00:00)', 'cron(0 0 * * ? 2026)', 'cron(0 0 1W * ? *)', ''])(
    'reads no %s',
    (expression) => {
      expect(() => fromEventBridge(expression)).toThrow(/is not when a job can be due/);
    },
  );
});

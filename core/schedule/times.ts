/**
 * When jobs are due: the one place that computes cron. Times are computed on the wall clock and then looked up in the
 * zone, which gives what EventBridge Scheduler promises: what the clocks jump over in spring is left out, what they
 * show twice in autumn is due once.
 */
import { Cron } from 'croner';
import type { When } from './model.ts';

const DAY = 86_400_000;

const formats = new Map<string, Intl.DateTimeFormat>();

/** What a zone's clocks are ahead of UTC at a moment, in milliseconds. */
function offset(at: number, zone: string): number {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-GB', { timeZone: zone, timeZoneName: 'longOffset' });
    formats.set(zone, format);
  }
  const name = format.formatToParts(at).find(({ type }) => type === 'timeZoneName')!.value;
  const [, sign, hours = 0, minutes = 0] = /^GMT(?:([+-])(\d\d):(\d\d))?/.exec(name) ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}

/** When a zone's clocks show a time, the first time they do; undefined: they jump over it. */
function momentOf(wall: number, zone: string): number | undefined {
  const moments = [wall - DAY, wall + DAY].map((near) => wall - offset(near, zone));
  return moments.sort((a, b) => a - b).find((moment) => moment + offset(moment, zone) === wall);
}

const cronOf = (cron: string): Cron => new Cron(cron, { mode: '5-part', timezone: 'UTC' });

/** The times after a moment, without end (or as long as the year 3000 is away). */
export function* timesAfter({ cron, zone }: When, after: Date): Generator<Date> {
  const times = cronOf(cron);
  let wall: Date | null = new Date(after.getTime() + offset(after.getTime(), zone) - DAY);
  for (;;) {
    wall = times.nextRun(wall);
    if (!wall) return;
    const moment = momentOf(wall.getTime(), zone);
    if (moment !== undefined && moment > after.getTime()) yield new Date(moment);
  }
}

/** The next times after a moment. @example nextTimes({ cron: '0 3 * * SUN', zone: 'UTC' }, new Date(), 3) */
export const nextTimes = (when: When, after: Date, count: number): Date[] =>
  timesAfter(when, after).take(count).toArray();

/** The last time at or before a moment; undefined where there was none. */
export function lastTime({ cron, zone }: When, at: Date): Date | undefined {
  const times = cronOf(cron);
  let wall = new Date(at.getTime() + offset(at.getTime(), zone) + DAY);
  for (;;) {
    const [before] = times.previousRuns(1, wall);
    if (!before) return undefined;
    wall = before;
    const moment = momentOf(wall.getTime(), zone);
    if (moment !== undefined && moment <= at.getTime()) return new Date(moment);
  }
}

/** Days and moments as files write them: the reverse of core/contract/formats.ts, one row a format. */
import type { DateFormat, InstantFormat } from '../contract/formats.ts';

const DAY_MS = 86_400_000;
export const DAY_SECONDS = 86_400;

const two = Array.from({ length: 100 }, (_, n) => String(n).padStart(2, '0'));

/** @example dayNumber('1970-01-02') // 1 */
export const dayNumber = (iso: string): number => Date.parse(`${iso}T00:00:00Z`) / DAY_MS;

interface Day {
  readonly number: number;
  readonly y: string;
  readonly mo: string;
  readonly d: string;
}

const days = new Map<number, Day>();

/** A file speaks of few days, many times. */
function dayOf(number: number): Day {
  let day = days.get(number);
  if (!day) {
    const [y, mo, d] = new Date(number * DAY_MS).toISOString().slice(0, 10).split('-') as [
      string,
      string,
      string,
    ];
    day = { number, y, mo, d };
    days.set(number, day);
  }
  return day;
}

const clock = (second: number): string =>
  `${two[Math.floor(second / 3600)]}:${two[Math.floor(second / 60) % 60]}:${two[second % 60]}`;

const dateWriters: Readonly<Record<DateFormat, (day: Day) => string>> = {
  iso: ({ y, mo, d }) => `${y}-${mo}-${d}`,
  eu: ({ y, mo, d }) => `${d}/${mo}/${y}`,
  us: ({ y, mo, d }) => `${mo}/${d}/${y}`,
  dotted: ({ y, mo, d }) => `${d}.${mo}.${y}`,
  compact: ({ y, mo, d }) => `${y}${mo}${d}`,
};

const withClock =
  (format: DateFormat, between = ' ') =>
  (day: Day, second: number): string =>
    dateWriters[format](day) + between + clock(second);

const instantWriters: Readonly<Record<InstantFormat, (day: Day, second: number) => string>> = {
  iso: withClock('iso', 'T'),
  date: dateWriters.iso,
  eu: withClock('eu'),
  us: withClock('us'),
  dotted: withClock('dotted'),
  epoch_s: (day, second) => String(day.number * DAY_SECONDS + second),
  epoch_ms: (day, second) => String((day.number * DAY_SECONDS + second) * 1000),
};

/** Writes days in one format. @example dayWriter('eu')(0) // '01/01/1970' */
export const dayWriter = (format: string): ((day: number) => string) => {
  const write = dateWriters[format as DateFormat];
  return (day) => write(dayOf(day));
};

/** Writes moments, given as a day and a second of it, in one format. */
export const momentWriter = (format: string): ((day: number, second: number) => string) => {
  const write = instantWriters[format as InstantFormat];
  return (day, second) => write(dayOf(day), second);
};

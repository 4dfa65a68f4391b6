/**
 * EventBridge's dialect of cron: a year as the sixth field, `?` for the day that says nothing, days of the week from 1
 * for Sunday, steps that begin at a number. The table of jobs has plain cron; this reads and writes the other.
 */
import { WharfError } from '../errors.ts';

interface Field {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
}

const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];

const fields: readonly Field[] = [
  { name: 'minute', min: 0, max: 59 },
  { name: 'hour', min: 0, max: 23 },
  { name: 'day of the month', min: 1, max: 31 },
  { name: 'month', min: 1, max: 12, names: MONTHS },
  { name: 'day of the week', min: 0, max: 6, names: DAYS },
];

const refuse = (cron: string, what: string): never => {
  throw new WharfError(`"${cron}" is not when a job can be due: ${what}`, {
    code: 'schedule.cron',
    route: 'usage',
    fix: 'Five fields of numbers, names, lists, ranges and steps (*/n, a-b/n); one of the two days is *',
  });
};

/**
 * One part of a list, checked. Days of the week get names, for the dialects differ on their numbers; steps through a
 * range, and those through the week, become lists, for EventBridge promises no others.
 */
function translated(part: string, { name, min, max, names }: Field, cron: string): string {
  const [, from = '', to, step = '1'] =
    /^(\*|\w+)(?:-(\w+))?(?:\/(\d+))?$/.exec(part) ?? refuse(cron, `${name} ${part}`);
  const numberOf = (text: string): number => {
    const named = names?.indexOf(text.toUpperCase()) ?? -1;
    const value = named >= 0 ? min + named : /^\d+$/.test(text) ? Number(text) : Number.NaN;
    return value >= min && value <= max ? value : refuse(cron, `${name} ${text}`);
  };
  const say = (value: number): string => (names === DAYS ? DAYS[value]! : String(value));
  const [first, last] = from === '*' ? [min, max] : [numberOf(from), numberOf(to ?? from)];
  const isStar = from === '*' && to === undefined;
  if (first > last || Number(step) < 1 || (from === '*' && !isStar)) refuse(cron, `${name} ${part}`);
  if (!part.includes('/')) return isStar ? '*' : first === last ? say(first) : `${say(first)}-${say(last)}`;
  if (!isStar && to === undefined) refuse(cron, `${name} ${part}`);
  if (isStar && names !== DAYS) return `${min}/${step}`;
  const every = Number(step);
  return Array.from({ length: Math.floor((last - first) / every) + 1 }, (_, i) =>
    say(first + i * every),
  ).join();
}

/**
 * Plain cron as EventBridge has it.
 * @throws WharfError `schedule.cron` for what only one of the two can say
 * @example toEventBridge('0 3 * * 0') // 'cron(0 3 ? * SUN *)'
 */
export function toEventBridge(cron: string): string {
  const given = cron.trim().split(/\s+/);
  if (given.length !== fields.length) refuse(cron, `it has ${given.length} fields`);
  const [minute, hour, day, month, weekday] = given.map((text, i) =>
    text
      .split(',')
      .map((part) => translated(part, fields[i]!, cron))
      .join(','),
  ) as [string, string, string, string, string];
  if (day !== '*' && weekday !== '*') refuse(cron, 'it names days of the month and of the week');
  const days = weekday === '*' ? [day, month, '?'] : ['?', month, weekday];
  return `cron(${[minute, hour, ...days, '*'].join(' ')})`;
}

/**
 * What {@link toEventBridge} made, as plain cron again.
 * @throws WharfError `schedule.cron` for expressions it does not make
 */
export function fromEventBridge(expression: string): string {
  const given = /^cron\((.+)\)$/.exec(expression)?.[1]?.split(/\s+/) ?? [];
  if (given.length !== 6 || given[5] !== '*') refuse(expression, 'only cron(…) of any year is read');
  const cron = given
    .slice(0, 5)
    // From its first value on, every so many: that is a star with a step.
    .map((text, i) => (text === '?' ? '*' : text.replace(new RegExp(`(^|,)${fields[i]!.min}/`, 'g'), '$1*/')))
    .join(' ');
  toEventBridge(cron);
  return cron;
}

/** Named formats of dates and instants. Each row serves both validators. */
import type { Dialect } from './dialect.ts';

interface Format {
  /** Whole-text pattern, valid in JavaScript and RE2, with groups named y, mo, d, h, mi, s, f, z or n. */
  readonly pattern: string;
  /** SQL of the value from text that matches the pattern; null where there is no such day. */
  sql(text: string, dialect: Dialect): string;
}

const year = '(?P<y>000[1-9]|00[1-9][0-9]|0[1-9][0-9]{2}|[1-9][0-9]{3})';
const [month, day] = ['(?P<mo>0?[1-9]|1[0-2])', '(?P<d>0?[1-9]|[12][0-9]|3[01])'];
const [month2, day2] = ['(?P<mo>0[1-9]|1[0-2])', '(?P<d>0[1-9]|[12][0-9]|3[01])'];
const clock = '(?P<h>[01]?[0-9]|2[0-3]):(?P<mi>[0-5][0-9])(:(?P<s>[0-5][0-9]))?';
const zone = '(?P<z>Z|[+-]([01][0-9]|2[0-3])(:?[0-5][0-9])?)';
const midnight = '([T ]00:00(:00([.]0+)?)?(Z|[+]00(:?00)?)?)?';

const parsed = (pattern: string, ...formats: string[]): Format => ({
  pattern,
  sql: (text, { parse }) => parse(text, formats),
});
const withClock = (date: string) => [`${date} %H:%M:%S`, `${date} %H:%M`];

/** `iso` is `2024-01-31`, also with a time of midnight, as spreadsheets and Parquet like to add. */
export const dateFormats = {
  iso: {
    pattern: `${year}-${month2}-${day2}${midnight}`,
    sql: (text) => `TRY_CAST(substr(${text}, 1, 10) AS DATE)`,
  },
  eu: parsed(`${day}/${month}/${year}`, '%d/%m/%Y'),
  us: parsed(`${month}/${day}/${year}`, '%m/%d/%Y'),
  dotted: parsed(`${day}[.]${month}[.]${year}`, '%d.%m.%Y'),
  compact: parsed(`${year}${month2}${day2}`, '%Y%m%d'),
} as const satisfies Record<string, Format>;

/** An offset can push a moment out of the years 1 to 9999. */
const inRange = (at: string, { instantAt }: Dialect): string =>
  `CASE WHEN ${at} BETWEEN ${instantAt('0001-01-01T00:00:00Z')} AND ${instantAt('9999-12-31T23:59:59.999999Z')} THEN ${at} END`;

/** Without an offset an instant is UTC. `iso` takes `T` or a space, seconds and up to nine decimals optional. */
export const instantFormats = {
  iso: {
    pattern: `${year}-${month2}-${day2}[T ](?P<h>[01][0-9]|2[0-3]):(?P<mi>[0-5][0-9])(:(?P<s>[0-5][0-9])([.](?P<f>[0-9]{1,9}))?)?${zone}?`,
    sql: (text, dialect) => inRange(dialect.isoInstant(text), dialect),
  },
  date: { pattern: `${year}-${month2}-${day2}`, sql: (text) => `TRY_CAST(${text} AS TIMESTAMP)` },
  eu: parsed(`${day}/${month}/${year} ${clock}`, ...withClock('%d/%m/%Y')),
  us: parsed(`${month}/${day}/${year} ${clock}`, ...withClock('%m/%d/%Y')),
  dotted: parsed(`${day}[.]${month}[.]${year} ${clock}`, ...withClock('%d.%m.%Y')),
  epoch_s: {
    pattern: '(?P<n>[0-9]{1,10})',
    sql: (text, { epoch }) => epoch(`CAST(${text} AS BIGINT)`, 'second'),
  },
  epoch_ms: {
    pattern: '(?P<n>[0-9]{11,13})',
    sql: (text, { epoch }) => epoch(`CAST(${text} AS BIGINT)`, 'millisecond'),
  },
} as const satisfies Record<string, Format>;

export type DateFormat = keyof typeof dateFormats;
export type InstantFormat = keyof typeof instantFormats;

const jsPattern = (pattern: string): RegExp => new RegExp(`^(?:${pattern.replaceAll('(?P<', '(?<')})$`, 'u');
const regexes = new Map(
  [...Object.values(dateFormats), ...Object.values(instantFormats)].map((f) => [
    f.pattern,
    jsPattern(f.pattern),
  ]),
);

/**
 * Reads a text by the first format whose pattern matches.
 * @returns canonical text (`2024-01-31`, or `2024-01-31T10:00:00.000000Z` for instants), or undefined: no such moment.
 */
export function readMoment(
  text: string,
  formats: readonly Format[],
  unit: 'date' | 'instant',
): string | undefined {
  for (const { pattern } of formats) {
    const groups = regexes.get(pattern)!.exec(text)?.groups;
    if (groups) return unit === 'date' ? isoDay(groups) : isoInstant(groups);
  }
  return undefined;
}

/** The SQL of {@link readMoment}: the value, or null. */
export function sqlMoment(text: string, formats: readonly Format[], type: string, dialect: Dialect): string {
  const cases = formats.map(
    (f) => `WHEN ${dialect.fullMatch(text, f.pattern)} THEN CAST(${f.sql(text, dialect)} AS ${type})`,
  );
  return `CASE ${cases.join(' ')} END`;
}

type Groups = Record<string, string | undefined>;

/** Every month has 28 days: the calendar is asked about the others only. `Date.UTC` reads the years 1 to 99 as 1901 to 1999, which have the same leap years. */
const exists = (y: string, mo: string, d: string): boolean =>
  Number(d) <= 28 || Number(d) <= new Date(Date.UTC(Number(y), Number(mo), 0)).getUTCDate();

const isoDay = ({ y = '', mo = '', d = '' }: Groups): string | undefined =>
  exists(y, mo, d) ? `${y}-${mo.padStart(2, '0')}-${d.padStart(2, '0')}` : undefined;

function isoInstant(groups: Groups): string | undefined {
  const { h = '00', mi = '00', s = '00', f = '', z = 'Z', n } = groups;
  if (n !== undefined)
    return `${new Date(Number(n) * (n.length > 10 ? 1 : 1000)).toISOString().slice(0, -1)}000Z`;
  const day = isoDay(groups);
  if (day === undefined) return undefined;
  const time = `${day}T${h.padStart(2, '0')}:${mi}:${s.padStart(2, '0')}`;
  const micros = f.slice(0, 6).padEnd(6, '0');
  const offset = offsetMinutes(z);
  if (offset === 0) return `${time}.${micros}Z`;
  const moment = new Date(Date.parse(`${time}Z`) - offset * 60_000);
  const inRange = moment.getUTCFullYear() >= 1 && moment.getUTCFullYear() <= 9999;
  return inRange ? `${moment.toISOString().slice(0, 19)}.${micros}Z` : undefined;
}

function offsetMinutes(zone: string): number {
  if (zone === 'Z') return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3).replace(':', '') || 0);
  return zone.startsWith('-') ? -minutes : minutes;
}

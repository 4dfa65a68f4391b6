/**
 * A value is judged by its text, wherever it comes from: a CSV cell, a JSON number and a Parquet column that read
 * the same are the same. These are the patterns both validators share; each is valid in JavaScript and in RE2.
 */
import type { Got } from './reasons.ts';

/** White space that does not belong to a value. */
export const BLANKS = ' \t\r\n';

export const patterns = {
  int: '[+-]?[0-9]+([.]0*)?',
  decimal: '[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)',
  comma: '[+-]?[0-9]+,[0-9]+',
  float: '[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]+)?',
  // Without (?i:…): V8 was seen to refuse TRUE by that, once in many runs.
  boolean: '[tT]([rR][uU][eE])?|[fF]([aA][lL][sS][eE])?|[yY]([eE][sS])?|[nN][oO]?|[01]',
} as const;

const compiled = new Map<string, RegExp>();

/** Whether the whole text matches a pattern, as RE2's full match does. */
export function fullMatch(text: string, pattern: string): boolean {
  let regex = compiled.get(pattern);
  if (!regex) {
    regex = new RegExp(`^(?:${pattern})$`, 'u');
    compiled.set(pattern, regex);
  }
  return regex.test(text);
}

/** Strips blanks from both ends. */
export function trim(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && BLANKS.includes(text[start]!)) start++;
  while (end > start && BLANKS.includes(text[end - 1]!)) end--;
  return text.slice(start, end);
}

/** SQL text literal. @example quote("it's") // "'it''s'" */
export const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** SQL identifier. @example ident('a"b') // '"a""b"' */
export const ident = (name: string): string => `"${name.replaceAll('"', '""')}"`;

export const sqlFullMatch = (text: string, pattern: string): string =>
  `regexp_full_match(${text}, ${quote(pattern)})`;

/** Trims, and turns what is then empty into null. Tests the ends first: trimming every value costs more than a scan. */
export const sqlTrim = (text: string): string =>
  `CASE WHEN ${text} < '!' OR ${[...BLANKS].map((b) => `suffix(${text}, ${quote(b)})`).join(' OR ')} THEN nullif(trim(${text}, ${quote(BLANKS)}), '') ELSE ${text} END`;

const looks: readonly (readonly [got: Got, pattern: string])[] = [
  ['int', patterns.int],
  ['float', patterns.float],
  ['boolean', '[tT][rR][uU][eE]|[fF][aA][lL][sS][eE]'],
  ['object', '(?s:[{].*[}])'],
  ['list', '(?s:\\[.*\\])'],
];

/** What a text looks like, for the reason a row is refused. */
export const looksLike = (text: string): Got =>
  looks.find(([, pattern]) => fullMatch(text, pattern))?.[0] ?? 'string';

/** The same as {@link looksLike}, in SQL. */
export const sqlLooksLike = (text: string, matches: (text: string, pattern: string) => string): string =>
  `CASE ${looks.map(([got, p]) => `WHEN ${matches(text, p)} THEN '${got}'`).join(' ')} ELSE 'string' END`;

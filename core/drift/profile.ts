/** A column in figures. */
import { type DateFormat, dateFormats, type InstantFormat, instantFormats } from '../contract/formats.ts';
import { kindOf, type Scalar } from '../contract/kinds.ts';
import { fullMatch, patterns, trim } from '../contract/text.ts';
import type { ColumnProfile } from './model.ts';

/** Ways to read a text. Epochs are left out: any number is one. */
const readings: Readonly<Record<string, Scalar>> = {
  int: { is: 'int' },
  decimal: { is: 'decimal', precision: 38, scale: 12 },
  boolean: { is: 'boolean' },
  ...Object.fromEntries(
    Object.keys(dateFormats).map((f) => [`date:${f}`, { is: 'date', formats: [f as DateFormat] }]),
  ),
  ...Object.fromEntries(
    (Object.keys(instantFormats) as InstantFormat[])
      .filter((f) => !f.startsWith('epoch') && f !== 'date')
      .map((f) => [`instant:${f}`, { is: 'instant', formats: [f] }]),
  ),
};

/** Different values that are looked at closely. */
const CLOSELY = 200;
const KEPT = 12;

const round = (share: number): number => Math.round(share * 1000) / 1000;

/** A value's hash (FNV-1a): tells whether two are the same, not what they are. */
export function hashOf(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0).toString(36);
}

/** @example outline('C00017') // 'A9' */
const outline = (text: string): string =>
  text
    .slice(0, 40)
    .replace(/\p{L}+/gu, 'A')
    .replace(/\d+/g, '9')
    .replace(/\s+/g, ' ');

const numberOf = (text: string): number =>
  Number(fullMatch(text, patterns.comma) ? text.replace(',', '.') : text);

/** Keeps what is most frequent. */
function most(shares: ReadonlyMap<string, number>, total: number): Record<string, number> {
  const sorted = [...shares].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)).slice(0, KEPT);
  return Object.fromEntries(sorted.map(([name, n]) => [name, round(n / total)]));
}

/** Values of a column → how often each came; without blanks around them, and without what is then empty. */
export function counted(values: readonly (string | undefined)[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) {
    const text = value === undefined ? '' : trim(value);
    if (text !== '') counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return counts;
}

/** The share of the values for which something holds, told by up to two hundred different ones. */
export function share(counts: ReadonlyMap<string, number>, holds: (text: string) => boolean): number {
  let [seen, held] = [0, 0];
  for (const [text, n] of [...counts].slice(0, CLOSELY)) {
    seen += n;
    if (holds(text)) held += n;
  }
  return seen === 0 ? 0 : held / seen;
}

export const isRead = (type: Scalar, text: string): boolean => kindOf(type).read(type, text).ok;

/** What a text can be read as at all, by how it looks: most readings are ruled out by a glance. */
const glances: readonly (readonly [looks: RegExp, names: readonly string[]])[] = [
  [/^[+-]?[\d.,]+$/, [...Object.keys(readings).filter((name) => !/:(iso|eu|us)$/.test(name)), 'comma']],
  [/^\d+[-/.]\d+[-/.]\d/, Object.keys(readings).filter((name) => name.includes(':'))],
  [/^[a-z]{1,5}$/i, ['boolean']],
];

/** Reading → share of the values that can be read so, told by up to two hundred different ones. */
function readsOf(counts: ReadonlyMap<string, number>): Record<string, number> {
  const found = new Map<string, number>();
  let seen = 0;
  for (const [text, n] of [...counts].slice(0, CLOSELY)) {
    seen += n;
    const possible = glances.find(([looks]) => looks.test(text))?.[1] ?? [];
    for (const name of possible)
      if (name === 'comma' ? fullMatch(text, patterns.comma) : isRead(readings[name]!, text))
        found.set(name, (found.get(name) ?? 0) + n);
  }
  return Object.fromEntries([...found].map(([name, n]) => [name, round(n / seen)]));
}

/**
 * Profiles a column.
 * @param personal whether even hashes of its values are too much to keep
 */
export function profileColumn(values: readonly (string | undefined)[], personal = false): ColumnProfile {
  const counts = counted(values);
  const present = [...counts.values()].reduce((sum, n) => sum + n, 0);
  const reads = readsOf(counts);
  const outlines = new Map<string, number>();
  let [shortest, longest, characters] = [Number.POSITIVE_INFINITY, 0, 0];
  for (const [text, n] of counts) {
    const drawn = outline(text);
    outlines.set(drawn, (outlines.get(drawn) ?? 0) + n);
    shortest = Math.min(shortest, text.length);
    longest = Math.max(longest, text.length);
    characters += text.length * n;
  }
  const numeric = (reads.decimal ?? 0) + (reads.comma ?? 0) > 0.9;
  return {
    records: values.length,
    nulls: values.length ? round(1 - present / values.length) : 0,
    distinct: present ? round(counts.size / present) : 0,
    reads,
    outlines: most(outlines, present),
    lengths: present ? [shortest, round(characters / present), longest] : [0, 0, 0],
    ...(numeric ? { quantiles: quantilesOf(counts) } : {}),
    ...(personal
      ? {}
      : { top: most(new Map([...counts].map(([text, n]) => [hashOf(text), n] as const)), present) }),
  };
}

function quantilesOf(counts: ReadonlyMap<string, number>): number[] {
  const sorted = [...counts]
    .map(([text, n]) => [numberOf(text), n] as const)
    .filter(([value]) => Number.isFinite(value))
    .sort(([a], [b]) => a - b);
  const total = sorted.reduce((sum, [, n]) => sum + n, 0);
  return [0.05, 0.25, 0.5, 0.75, 0.95].map((of) => {
    let passed = 0;
    for (const [value, n] of sorted) {
      passed += n;
      if (passed >= of * total) return value;
    }
    return 0;
  });
}

/** Comparing readings: values of two engines in one form, and a line for each check. */
import { isDeepStrictEqual } from 'node:util';
import type { Wanted } from '../../core/lake/schema.ts';

/** Instants of both engines as `2024-02-29 23:59:59.5`. */
const instant = (value: unknown): string =>
  String(value)
    .replace(/( UTC|\+00)$/, '')
    .replace(/(\.\d*?)0+$/, '$1')
    .replace(/\.$/, '');

/** A value as either engine's JSON has it, in one form. Decimals and dates are the same text in both. */
export function plain(type: Wanted, value: unknown): unknown {
  if (value === null || value === undefined) return null;
  if (typeof type === 'string') {
    if (type === 'timestamptz') return instant(value);
    return Object.is(value, -0) ? '-0' : String(value);
  }
  if ('list' in type) return (value as unknown[]).map((item) => plain(type.list, item));
  // Trino's rows are lists, DuckDB's have names.
  return type.struct.map((field, i) =>
    plain(
      field.type,
      Array.isArray(value) ? value[i] : (value as Readonly<Record<string, unknown>>)[field.name],
    ),
  );
}

export type Readings = readonly [ours: unknown, theirs: unknown];
export type Check = readonly [title: string, read: () => Promise<Readings>];

/** A line for each: the title, and where two readings first differ. An error is a failed check, not the end. */
export async function allAgree(checks: Iterable<Check>): Promise<boolean> {
  let ok = true;
  for (const [title, read] of checks) {
    const problem = await read().then(
      ([ours, theirs]) => difference(ours, theirs),
      (error: Error) => error.message,
    );
    console.log(problem ? `✗ ${title}: ${problem.slice(0, 600)}` : `✓ ${title}`);
    ok &&= !problem;
  }
  return ok;
}

function difference(ours: unknown, theirs: unknown): string | undefined {
  if (isDeepStrictEqual(ours, theirs)) return undefined;
  if (Array.isArray(ours) && Array.isArray(theirs)) {
    if (ours.length !== theirs.length) return `ours has ${ours.length}, Trino's ${theirs.length}`;
    const at = ours.findIndex((value, i) => !isDeepStrictEqual(value, theirs[i]));
    return `at ${at} ${difference(ours[at], theirs[at])}`;
  }
  return `ours ${JSON.stringify(ours)}, Trino's ${JSON.stringify(theirs)}`;
}

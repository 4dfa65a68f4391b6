/** Sets of whole numbers, as a manifest keeps them: runs in ascending order. */

export type Ranges = readonly (readonly [first: number, last: number])[];

/** @example toRanges([3, 1, 2, 7]) // [[1, 3], [7, 7]] */
export function toRanges(numbers: Iterable<number>): Ranges {
  const runs: [number, number][] = [];
  for (const n of [...numbers].sort((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last && n <= last[1] + 1) last[1] = n;
    else runs.push([n, n]);
  }
  return runs;
}

/** How many numbers there are. */
export const countOf = (ranges: Ranges): number =>
  ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0);

/** Whether a number is in both. */
export function overlap(a: Ranges, b: Ranges): boolean {
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (a[i]![0] <= b[j]![1] && b[j]![0] <= a[i]![1]) return true;
    if (a[i]![1] < b[j]![1]) i++;
    else j++;
  }
  return false;
}

/** Refused rows by the delivery they were refused in: numbers of rows; those of lines that are no rows, negative. */
export type Places = Readonly<Record<string, Ranges>>;

/** Whether a row is in both. */
export const share = (a: Places, b: Places): boolean =>
  Object.entries(a).some(([delivery, ranges]) => overlap(ranges, b[delivery] ?? []));

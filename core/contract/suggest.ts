/** "Did you mean": the nearest of the allowed names, or all of them. */

/** Letters to change, add or drop to make one of the other (Levenshtein). */
export function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length]!;
}

/** @example suggest('partitonBy', ['partitionBy', 'key']) // 'Did you mean "partitionBy"? Allowed: partitionBy, key' */
export function suggest(given: string, allowed: readonly string[]): string {
  const [best] = allowed
    .map((name) => ({ name, far: distance(given.toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => a.far - b.far);
  const hint = best && best.far <= Math.max(2, given.length / 3) ? `Did you mean "${best.name}"? ` : '';
  return `${hint}Allowed: ${allowed.join(', ')}`;
}

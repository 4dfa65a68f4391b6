/**
 * Where a CSV record ends, by the rules DuckDB 1.5 has in strict mode: a quote opens a value only at its start or
 * after one blank, `""` stands for a quote, only blanks may follow a closing quote; elsewhere a quote is data.
 */

export const [LF, CR, QUOTE, BLANK] = [0x0a, 0x0d, 0x22, 0x20];

export interface ScannedRecord {
  /** Where it ends, before its line end. Means nothing where `fault` or `open`. */
  readonly end: number;
  /** Physical lines it spans. */
  readonly lines: number;
  readonly fields: number;
  /** Text follows a closing quote. */
  readonly fault: boolean;
  /** The bytes end before the record does. */
  readonly open: boolean;
  /** A quote stands within a value that is not quoted. */
  readonly stray: boolean;
}

/**
 * Scans the record that starts at `at`.
 * @param last no more bytes follow
 */
export function scanRecord(bytes: Buffer, at: number, delimiter: number, last: boolean): ScannedRecord {
  const { length } = bytes;
  let [i, lines, fields] = [at, 1, 1];
  let stray = false;
  const done = (how?: 'fault' | 'open'): ScannedRecord => ({
    ...{ end: i, lines, fields, stray },
    fault: how === 'fault',
    open: how === 'open',
  });
  for (;;) {
    if (bytes[i] === BLANK && bytes[i + 1] === QUOTE) i++;
    if (bytes[i] === QUOTE) {
      const from = i;
      i = closingQuote(bytes, i + 1);
      if (i === -1 || (i + 1 === length && !last)) return done('open');
      lines += countByte(bytes.subarray(from, i), LF);
      do i++;
      while (bytes[i] === BLANK);
      if (i < length && bytes[i] !== delimiter && bytes[i] !== LF && bytes[i] !== CR) return done('fault');
    } else {
      for (; i < length; i++) {
        const byte = bytes[i]!;
        if (byte === delimiter || byte === LF || byte === CR) break;
        if (byte === QUOTE) stray = true;
      }
    }
    if (i >= length) return done(last ? undefined : 'open');
    if (bytes[i] !== delimiter) return done();
    fields++;
    i++;
  }
}

/** How often a byte stands in the bytes. */
export function countByte(bytes: Buffer, byte: number): number {
  let count = 0;
  for (let at = bytes.indexOf(byte); at !== -1; at = bytes.indexOf(byte, at + 1)) count++;
  return count;
}

function closingQuote(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(QUOTE, from); at !== -1; at = bytes.indexOf(QUOTE, at + 2))
    if (bytes[at + 1] !== QUOTE) return at;
  return -1;
}

/** Where the line that holds `at` ends: at its CR or LF, or at the end of the bytes. */
export function lineEnd(bytes: Buffer, at: number): number {
  let end = at;
  while (end < bytes.length && bytes[end] !== LF && bytes[end] !== CR) end++;
  return end;
}

/** Where the next line starts, given where this one ends. */
export function afterLineEnd(bytes: Buffer, end: number): number {
  if (bytes[end] === CR && bytes[end + 1] === LF) return end + 2;
  return Math.min(end + 1, bytes.length);
}

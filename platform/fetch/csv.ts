/** CSV and its cousins: the delimiter, the header, line ends, and lines no reader can split. */

import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { rename } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';
import { reason } from '../../core/contract/reasons.ts';
import type { CutOut } from './cut-out.ts';
import { type FetchLimits, FileFault } from './model.ts';

const delimiters = [',', ';', '\t', '|', '^', '~', '\x1f'] as const;
const SAMPLE = 20;

/** Fields a line splits into, counting delimiters outside quotes. */
function fieldCounts(sample: string): Map<string, number[]> {
  const counts = new Map(delimiters.map((d) => [d as string, [] as number[]]));
  let quoted = false;
  let current = new Map<string, number>();
  let length = 0;
  const finish = () => {
    if (length > 0) for (const [d, list] of counts) list.push(current.get(d) ?? 0);
    current = new Map();
    length = 0;
  };
  for (const char of sample) {
    if (char === '"') quoted = !quoted;
    if (!quoted && (char === '\n' || char === '\r')) finish();
    else {
      length++;
      if (!quoted && counts.has(char)) current.set(char, (current.get(char) ?? 0) + 1);
    }
    if (counts.get(',')!.length >= SAMPLE) return counts;
  }
  finish();
  return counts;
}

/** The delimiter most lines agree on; the header decides between equals. A file of one column gets a comma. */
export function detectDelimiter(sample: string): string {
  const scored = [...fieldCounts(sample)].map(([delimiter, [header = 0, ...rows]]) => {
    const same = rows.filter((n) => n === header).length;
    return {
      delimiter,
      header,
      score: header === 0 ? 0 : (rows.length ? same / rows.length : 1) + header / 1000,
    };
  });
  const best = scored.sort((a, b) => b.score - a.score || b.header - a.header)[0]!;
  return best.score > 0 ? best.delimiter : ',';
}

/**
 * The names of the columns. Blank ones are called `column_<n>`.
 * @throws FileFault `missing_header`, `duplicate_column:<name>`, `too_many_columns`
 */
export function readHeader(sample: string, delimiter: string, { columns: most }: FetchLimits): string[] {
  if (/^[ \t]*(\r|\n)/.test(sample)) throw new FileFault(reason('missing_header'));
  let record: string[] | undefined;
  try {
    [record] = parse(sample, {
      delimiter,
      to: 1,
      relax_quotes: true,
      relax_column_count: true,
    }) as string[][];
  } catch {
    record = sample.split(/\r|\n/, 1)[0]!.split(delimiter);
  }
  if (!record?.length) throw new FileFault(reason('missing_header'));
  if (record.length > most) throw new FileFault(reason('too_many_columns', String(record.length)));
  const names = record.map((name, i) => name.replace(/^\ufeff/, '').trim() || `column_${i + 1}`);
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name.toLowerCase())) throw new FileFault(reason('duplicate_column', name));
    seen.add(name.toLowerCase());
  }
  return names;
}

const [LF, CR, QUOTE] = [0x0a, 0x0d, 0x22];

/** Of a longer line only so much is looked at. */
const MOST_OF_A_LINE = 16 << 20;

/** After so many repairs the file is not CSV. */
const MOST_REPAIRS = 1000;

/**
 * Rewrites a file the engine would misread: line ends other than LF become LF (outside quotes), lines longer than
 * `rowBytes` and lines that open a quote which never closes are cut out and kept, and the rest goes on.
 * DuckDB drops the former without a word and takes everything after the latter for one value.
 */
export async function repairCsv(
  path: string,
  delimiter: string,
  singleColumn: boolean,
  rowBytes: number,
  cutOut: CutOut,
): Promise<void> {
  const target = `${path}.repaired`;
  const out = createWriteStream(target);
  const state = new Repair(delimiter.charCodeAt(0), rowBytes, singleColumn, cutOut);
  const write = async (pieces: readonly Uint8Array[]) => {
    for (const piece of pieces) if (!out.write(piece)) await once(out, 'drain');
  };
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>)
    await write(state.feed(chunk));
  await write(state.end());
  out.end();
  await once(out, 'close');
  await rename(target, path);
}

/** Splits a stream of bytes into records by the rules of CSV. */
class Repair {
  #buffer: Buffer = Buffer.alloc(0);
  #line = 1;
  /** Within a line of which enough was kept. */
  #skipping = false;
  readonly #delimiter: number;
  readonly #rowBytes: number;
  readonly #singleColumn: boolean;
  readonly #cutOut: CutOut;

  constructor(delimiter: number, rowBytes: number, singleColumn: boolean, cutOut: CutOut) {
    this.#delimiter = delimiter;
    this.#rowBytes = rowBytes;
    this.#singleColumn = singleColumn;
    this.#cutOut = cutOut;
  }

  feed(chunk: Buffer): Buffer[] {
    this.#buffer = this.#buffer.length ? Buffer.concat([this.#buffer, chunk]) : chunk;
    return this.#drain(false);
  }

  end(): Buffer[] {
    return this.#drain(true);
  }

  #drain(last: boolean): Buffer[] {
    const out: Buffer[] = [];
    let at = 0;
    while (at < this.#buffer.length) {
      if (this.#skipping) {
        const end = this.#physicalEnd(at);
        at = this.#skipEnd(end);
        this.#skipping = end === this.#buffer.length;
        continue;
      }
      const record = this.#record(at);
      const size = (record.end === -1 ? this.#buffer.length : record.end) - at;
      // Without its end a record must wait for more, unless it is too long already.
      if (record.end === -1 && !last && size <= this.#rowBytes) break;
      const whole = record.end !== -1 || !record.quoted;
      if (whole && size <= this.#rowBytes) {
        const end = record.end === -1 ? this.#buffer.length : record.end;
        out.push(this.#buffer.subarray(at, end), Buffer.from('\n'));
        this.#line += record.lines;
        at = this.#skipEnd(end);
        continue;
      }
      const end = this.#physicalEnd(at);
      if (end === this.#buffer.length && !last && size <= MOST_OF_A_LINE) break;
      this.#cut(at, end, out);
      this.#skipping = end === this.#buffer.length;
      this.#line++;
      at = this.#skipEnd(end);
    }
    this.#buffer = this.#buffer.subarray(at);
    return out;
  }

  /** Where the record that starts at `at` ends (exclusive, before its line end); -1: not in the buffer. */
  #record(at: number): { end: number; quoted: boolean; lines: number } {
    let quoted = false;
    let fieldStart = true;
    let lines = 1;
    for (let i = at; i < this.#buffer.length; i++) {
      const byte = this.#buffer[i]!;
      if (quoted) {
        if (byte === LF) lines++;
        if (byte !== QUOTE) continue;
        if (this.#buffer[i + 1] === QUOTE) i++;
        else quoted = false;
      } else if (byte === QUOTE && fieldStart) quoted = true;
      else if (byte === LF || byte === CR) return { end: i, quoted: false, lines };
      fieldStart = byte === this.#delimiter;
    }
    return { end: -1, quoted, lines };
  }

  #physicalEnd(at: number): number {
    for (let i = at; i < this.#buffer.length; i++)
      if (this.#buffer[i] === LF || this.#buffer[i] === CR) return i;
    return this.#buffer.length;
  }

  #skipEnd(end: number): number {
    if (this.#buffer[end] === CR && this.#buffer[end + 1] === LF) return end + 2;
    return Math.min(end + 1, this.#buffer.length);
  }

  #cut(at: number, end: number, out: Buffer[]): void {
    this.#cutOut.add(this.#line, this.#buffer.subarray(at, end));
    if (this.#cutOut.count > MOST_REPAIRS) throw new FileFault(reason('unreadable_file', 'csv_quotes'));
    // A blank line in its place keeps the line numbers; in a file of one column it would be a row.
    if (!this.#singleColumn) out.push(Buffer.from('\n'));
  }
}

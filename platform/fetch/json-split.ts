/**
 * JSON documents as one record a line. Elements are cut out of the text as they stand: parsing and writing them anew
 * would change numbers (1.10, 12345678901234567890, 1e400), and the quarantine promises the value as it came.
 */
import { isUtf8 } from 'node:buffer';
import type { CutOut } from './cut-out.ts';
import type { Layout } from './json-layout.ts';
import type { FetchLimits } from './model.ts';
import { type Page, type Pass, rewrite } from './rewrite.ts';

export interface SplitOptions {
  readonly limits: Pick<FetchLimits, 'rowBytes' | 'nesting'>;
  /** Whether there may be bytes that are no UTF-8. */
  readonly damaged: boolean;
}

const code = (char: string): number => char.charCodeAt(0);
const [QUOTE, BACKSLASH, BLANK] = [code('"'), code('\\'), code(' ')];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT] = [code('['), code(']'), code('{')];
const [LF, CR] = [0x0a, 0x0d];

/** What a byte outside a string means. */
const [PLAIN, SPACE, LINE, STRING, OPENS, CLOSES, SEPARATES] = [0, 1, 2, 3, 4, 5, 6];
const meaning = new Uint8Array(256);
for (const [chars, what] of [
  [' \t', SPACE],
  ['\r\n', LINE],
  ['"', STRING],
  ['{[', OPENS],
  ['}]', CLOSES],
  [',', SEPARATES],
] as const)
  for (const char of chars) meaning[code(char)] = what;

/**
 * Rewrites a document as one record a line, verbatim but for line ends, which become blanks. Elements that are longer
 * than a row may be, or nested too deep, are cut out and kept. What a document was broken off in is its last record.
 */
export async function splitJson(
  path: string,
  layout: Exclude<Layout, 'lines'>,
  options: SplitOptions,
  cutOut: CutOut,
): Promise<void> {
  await rewrite(path, new Splitter(layout === 'holder', options, cutOut));
}

/**
 * Follows strings and depth, whatever the chunks. Records stand at the depth `base`: 0 for values one after another,
 * 1 within a list, 2 within the first list of objects in a holder, whose other content, its envelope, is left out.
 */
class Splitter implements Pass {
  #depth = 0;
  #base = 0;
  #deepest = 0;
  #inString = false;
  #escaped = false;
  /** A record is in hand, begun on this line. */
  #within = false;
  #start = 1;
  #line = 1;
  /** Of the record in hand what chunks before held; its size counts on where no more is kept. */
  #parts: Buffer[] = [];
  #size = 0;
  /** The list in the holder at hand. `opened`: its first element is not seen yet. */
  #list: 'none' | 'opened' | 'empty' | 'found' = 'none';
  readonly #holder: boolean;
  readonly #options: SplitOptions;
  readonly #cutOut: CutOut;

  constructor(holder: boolean, options: SplitOptions, cutOut: CutOut) {
    this.#holder = holder;
    this.#options = options;
    this.#cutOut = cutOut;
  }

  feed(chunk: Buffer, page: Page): void {
    const { length } = chunk;
    let from = 0;
    for (let i = 0; i < length; ) {
      if (this.#inString) {
        i = this.#skipString(chunk, i);
        continue;
      }
      const byte = chunk[i]!;
      const what = meaning[byte]!;
      if (what === LINE) {
        if (byte === LF) this.#line++;
        chunk[i] = BLANK;
      }
      if (what === SPACE || what === LINE) {
        if (this.#within && this.#depth === 0) this.#finish(chunk, from, i, page);
        i++;
        continue;
      }
      if (this.#list === 'opened') this.#lookInto(byte);
      if (this.#depth === this.#base) {
        const ends = what === CLOSES && this.#base > 0;
        if (ends || what === SEPARATES) {
          this.#finish(chunk, from, i++, page);
          if (ends) this.#leaveList();
          continue;
        }
        if (!this.#within) {
          if (byte === OPEN_LIST && this.#base === 0) {
            this.#depth = this.#base = 1;
            i++;
            continue;
          }
          this.#begin();
          from = i;
        }
      }
      i++;
      if (what === PLAIN) while (i < length && meaning[chunk[i]!] === PLAIN) i++;
      else if (what === STRING) this.#inString = true;
      else if (what === OPENS) this.#open(byte);
      else if (what === CLOSES && this.#close()) this.#finish(chunk, from, i, page);
    }
    if (this.#within) this.#keep(chunk, from, length);
  }

  /** What is left at the end is a record that was broken off: kept, as it came. */
  end(page: Page): void {
    if (this.#within) this.#finish(Buffer.alloc(0), 0, 0, page);
  }

  /** Past the string, or to the end of the chunk. */
  #skipString(chunk: Buffer, at: number): number {
    let i = at;
    if (this.#escaped) i++;
    this.#escaped = false;
    for (; i < chunk.length; i++) {
      const byte = chunk[i]!;
      if (byte === QUOTE) {
        this.#inString = false;
        return i + 1;
      }
      if (byte === BACKSLASH) i++;
      else if (byte === LF || byte === CR) {
        if (byte === LF) this.#line++;
        chunk[i] = BLANK;
      }
    }
    this.#escaped = i > chunk.length;
    return i;
  }

  #begin(): void {
    this.#within = true;
    this.#start = this.#line;
    this.#deepest = this.#depth;
  }

  #open(byte: number): void {
    if (this.#holder && byte === OPEN_LIST && this.#depth === 1 && this.#base === 0 && this.#list !== 'found')
      this.#list = 'opened';
    if (++this.#depth > this.#deepest) this.#deepest = this.#depth;
  }

  /** Whether that ends the record in hand. */
  #close(): boolean {
    if (this.#depth > 0) this.#depth--;
    if (this.#depth !== this.#base) return false;
    if (this.#base === 0) {
      // An envelope around an empty list is a delivery of no records.
      if (this.#list === 'empty') this.#forget();
      this.#list = 'none';
    }
    return true;
  }

  /** Decides by its first byte whether the list holds the records. */
  #lookInto(byte: number): void {
    this.#list = byte === OPEN_OBJECT ? 'found' : byte === CLOSE_LIST ? 'empty' : 'none';
    if (this.#list !== 'found') return;
    this.#base = 2;
    this.#forget();
  }

  #leaveList(): void {
    this.#depth--;
    this.#base = 0;
  }

  #forget(): void {
    this.#within = false;
    this.#parts = [];
    this.#size = 0;
  }

  #keep(chunk: Buffer, from: number, to: number): void {
    const bytes = chunk.subarray(from, to);
    if (this.#size <= this.#options.limits.rowBytes) this.#parts.push(Buffer.from(bytes));
    this.#size += bytes.length;
  }

  #finish(chunk: Buffer, from: number, to: number, page: Page): void {
    if (!this.#within) return;
    let record = chunk.subarray(from, to);
    if (this.#size > 0) {
      this.#keep(chunk, 0, to);
      record = Buffer.concat(this.#parts);
    }
    const { limits, damaged } = this.#options;
    const size = Math.max(this.#size, record.length);
    const fits = size <= limits.rowBytes && this.#deepest - this.#base <= limits.nesting;
    if (fits && !(damaged && !isUtf8(record))) {
      page.add(record);
      page.endLine();
    } else this.#cutOut.add(this.#start, record);
    this.#forget();
  }
}

/**
 * JSON documents as one record a line. Elements are cut out of the text as they stand: parsing and writing them anew
 * would change numbers (1.10, 12345678901234567890, 1e400), and the quarantine promises the value as it came.
 */
import type { CutOut } from './cut-out.ts';
import type { Layout } from './json-layout.ts';
import { JsonRecord, type RecordOptions } from './json-record.ts';
import { type Page, type Pass, rewrite } from './rewrite.ts';

/** What a byte outside a string means. */
const [PLAIN, SPACE, LINE, STRING, OPENS, CLOSES, SEPARATES] = [0, 1, 2, 3, 4, 5, 6];
const code = (char: string): number => char.charCodeAt(0);
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
const [QUOTE, BACKSLASH, BLANK, LF, CR] = [code('"'), code('\\'), code(' '), code('\n'), code('\r')];
const isLineEnd = (byte: number | undefined): boolean => byte === LF || byte === CR;
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT] = [code('['), code(']'), code('{')];

/**
 * Rewrites a document as one record a line, verbatim but for line ends, which become blanks. Elements that are longer
 * than a row may be, or nested too deep, are cut out and kept. What a document was broken off in is its last record.
 */
export async function splitJson(
  path: string,
  layout: Exclude<Layout, 'lines'>,
  options: RecordOptions,
  cutOut: CutOut,
): Promise<void> {
  await rewrite(path, new Splitter(layout === 'holder', new JsonRecord(options, cutOut)));
}

/**
 * Follows strings and depth, whatever the chunks. Records stand at the depth `base`: 0 for values one after another,
 * 1 within a list, 2 within the first list of objects in a holder, whose other content, its envelope, is left out.
 */
class Splitter implements Pass {
  #depth = 0;
  #base = 0;
  #line = 1;
  #inString = false;
  #escaped = false;
  /** The list in the holder at hand. `opened`: its first element is not seen yet. */
  #list: 'none' | 'opened' | 'empty' | 'found' = 'none';
  readonly #holder: boolean;
  readonly #record: JsonRecord;

  constructor(holder: boolean, record: JsonRecord) {
    this.#holder = holder;
    this.#record = record;
  }

  feed(chunk: Buffer, page: Page): void {
    const record = this.#record;
    const { length } = chunk;
    let from = 0;
    const finish = (to: number) => record.open && record.finish(chunk.subarray(from, to), page);
    for (let i = 0; i < length; ) {
      if (this.#inString) {
        i = this.#skipString(chunk, i);
        continue;
      }
      const byte = chunk[i]!;
      const what = meaning[byte]!;
      if (what === SPACE || what === LINE) {
        if (what === LINE) this.#blank(chunk, i);
        if (this.#depth === 0) finish(i);
        i++;
        continue;
      }
      if (this.#list === 'opened') this.#lookInto(byte);
      if (this.#depth === this.#base) {
        const leaves = what === CLOSES && this.#base > 0;
        const enters = byte === OPEN_LIST && this.#base === 0 && !record.open;
        if (leaves || enters || what === SEPARATES) {
          finish(i++);
          if (leaves) this.#leaveList();
          if (enters) this.#depth = this.#base = 1;
          continue;
        }
        if (!record.open) {
          record.begin(this.#line, this.#depth);
          from = i;
        }
      }
      i++;
      if (what === PLAIN) while (i < length && meaning[chunk[i]!] === PLAIN) i++;
      else if (what === STRING) this.#inString = true;
      else if (what === OPENS) this.#open(byte);
      else if (what === CLOSES && this.#close()) finish(i);
    }
    if (record.open) record.keep(chunk.subarray(from));
  }

  /**
   * What is left at the end is a record that was broken off: kept, as it came. A list broken off between two records
   * shows too: there may have been any number more.
   */
  end(page: Page): void {
    if (this.#record.open) this.#record.finish(Buffer.alloc(0), page);
    else if (this.#depth > 0) this.#record.miss(this.#line);
  }

  /** Past the string, or to the end of the chunk. */
  #skipString(chunk: Buffer, at: number): number {
    let i = this.#escaped && !isLineEnd(chunk[at]) ? at + 1 : at;
    for (; i < chunk.length; i++) {
      const byte = chunk[i]!;
      if (byte === QUOTE) break;
      if (byte === BACKSLASH && !isLineEnd(chunk[i + 1])) i++;
      else if (isLineEnd(byte)) this.#blank(chunk, i);
    }
    this.#inString = i >= chunk.length;
    this.#escaped = i > chunk.length;
    return i + 1;
  }

  /** A line end within a record would end its line. */
  #blank(chunk: Buffer, at: number): void {
    if (chunk[at] === LF) this.#line++;
    chunk[at] = BLANK;
  }

  #open(byte: number): void {
    if (this.#holder && byte === OPEN_LIST && this.#depth === 1 && this.#base === 0 && this.#list !== 'found')
      this.#list = 'opened';
    this.#record.reach(++this.#depth);
  }

  /** Whether that ends the record in hand. */
  #close(): boolean {
    if (this.#depth > 0) this.#depth--;
    if (this.#depth !== this.#base) return false;
    if (this.#base > 0) return true;
    // An envelope around an empty list is a delivery of no records.
    if (this.#list === 'empty') this.#record.drop();
    this.#list = 'none';
    return true;
  }

  /** Decides by its first byte whether the list holds the records. */
  #lookInto(byte: number): void {
    this.#list = byte === OPEN_OBJECT ? 'found' : byte === CLOSE_LIST ? 'empty' : 'none';
    if (this.#list !== 'found') return;
    this.#base = 2;
    this.#record.drop();
  }

  #leaveList(): void {
    this.#depth--;
    this.#base = 0;
  }
}

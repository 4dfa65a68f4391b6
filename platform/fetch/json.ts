/**
 * JSON documents as one record a line. Elements are cut out of the text as they stand: parsing and writing them anew
 * would change numbers (1.10, 12345678901234567890, 1e400), and the quarantine promises the value as it came.
 */
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { rename } from 'node:fs/promises';
import { reason } from '../../core/contract/reasons.ts';
import type { CutOut } from './cut-out.ts';
import { type FetchLimits, FileFault } from './model.ts';

const code = (char: string): number => char.charCodeAt(0);
const [QUOTE, BACKSLASH, COMMA] = [code('"'), code('\\'), code(',')];
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_LIST, CLOSE_LIST] = [code('{'), code('}'), code('['), code(']')];
const isSpace = (byte: number): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/** What the document is made of. */
export type Layout =
  /** One record a line already. */
  | 'lines'
  /** Values one after another: records over several lines, or one record. */
  | 'values'
  /** A list of records. */
  | 'list'
  /** An object that holds a list of records. */
  | 'holder';

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * Tells the layout from the start of the document.
 * @param known names of the contract's fields: an object that has one of them is a record, not a holder of records
 */
export function detectLayout(head: string, known: ReadonlySet<string>): Layout {
  const text = head.trimStart();
  if (text.startsWith('[')) return 'list';
  const lineEnd = text.search(/\r|\n/);
  const first = lineEnd === -1 ? text : text.slice(0, lineEnd);
  const second = lineEnd === -1 ? '' : text.slice(lineEnd).trimStart();
  if (second.startsWith('{') && (isJson(first) || !first.trimEnd().endsWith('{'))) return 'lines';
  const holds = /"((?:[^"\\]|\\.)*)"\s*:\s*\[\s*\{/.exec(text);
  const keys = [...text.slice(0, 4096).matchAll(/"((?:[^"\\]|\\.)*)"\s*:/g)].map(([, key]) => key!);
  const isRecord = keys.length > 0 && known.has(keys[0]!);
  if (holds && !isRecord && !known.has(holds[1]!)) return 'holder';
  return second === '' && isJson(first) ? 'lines' : 'values';
}

/** The depth at which records stand in each layout. */
const depths: Record<Exclude<Layout, 'lines'>, number> = { values: 0, list: 1, holder: 2 };

/** Cuts records out of a stream of bytes, whatever the chunks. */
class Splitter {
  #depth = 0;
  #deepest = 0;
  #string = false;
  #escaped = false;
  /** Bytes of the record in hand. */
  #parts: Buffer[] = [];
  #size = 0;
  #within = false;
  /** In a holder: `opened` a list whose first element is not seen yet, `inside` the one with the records, `over` behind it. */
  #holder: 'before' | 'opened' | 'inside' | 'over' = 'before';
  #line = 1;
  #start = 1;
  readonly #base: number;
  readonly #limits: FetchLimits;
  readonly #cutOut: CutOut;

  constructor(layout: Exclude<Layout, 'lines'>, limits: FetchLimits, cutOut: CutOut) {
    this.#base = depths[layout];
    this.#limits = limits;
    this.#cutOut = cutOut;
  }

  feed(chunk: Buffer): Buffer[] {
    const out: Buffer[] = [];
    let from = 0;
    const finish = (end: number) => {
      if (!this.#within) return;
      this.#take(chunk.subarray(from, end));
      this.#emit(out);
    };
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i]!;
      if (byte === 0x0a) this.#line++;
      if (this.#string) {
        if (this.#escaped) this.#escaped = false;
        else if (byte === BACKSLASH) this.#escaped = true;
        else if (byte === QUOTE) this.#string = false;
        continue;
      }
      if (isSpace(byte)) {
        if (this.#base === 0 && this.#depth === 0) finish(i);
        continue;
      }
      if (this.#holder === 'opened') this.#holder = byte === OPEN_OBJECT ? 'inside' : 'before';
      const closes = byte === CLOSE_OBJECT || byte === CLOSE_LIST;
      if (this.#depth === this.#base && (this.#base < 2 || this.#holder === 'inside')) {
        if (byte === COMMA || (closes && this.#base > 0)) {
          finish(i);
          if (closes) this.#depth--;
          if (closes && this.#base === 2) this.#holder = 'over';
          continue;
        }
        if (!this.#within) {
          this.#within = true;
          this.#start = this.#line;
          from = i;
        }
      }
      if (byte === QUOTE) this.#string = true;
      else if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
        if (byte === OPEN_LIST && this.#base === 2 && this.#depth === 1 && this.#holder === 'before')
          this.#holder = 'opened';
        this.#depth++;
        this.#deepest = Math.max(this.#deepest, this.#depth);
      } else if (closes) {
        this.#depth = Math.max(0, this.#depth - 1);
        if (this.#base === 0 && this.#depth === 0) finish(i + 1);
      }
    }
    if (this.#within) this.#take(chunk.subarray(from));
    return out;
  }

  /** What is left at the end is a record that was broken off: kept, as it came. */
  end(): Buffer[] {
    const out: Buffer[] = [];
    if (this.#within) this.#emit(out);
    return out;
  }

  #take(bytes: Buffer): void {
    // Past the limit no more is kept than a line that was cut out may hold.
    if (this.#size <= this.#limits.rowBytes) this.#parts.push(Buffer.from(bytes));
    this.#size += bytes.length;
  }

  #emit(out: Buffer[]): void {
    const record = Buffer.concat(this.#parts);
    for (let i = 0; i < record.length; i++) if (record[i] === 0x0a || record[i] === 0x0d) record[i] = 0x20;
    const tooMuch = this.#size > this.#limits.rowBytes || this.#deepest - this.#base > this.#limits.nesting;
    if (tooMuch) this.#cutOut.add(this.#start, record);
    else out.push(record, Buffer.from('\n'));
    this.#parts = [];
    this.#size = 0;
    this.#within = false;
    this.#deepest = this.#depth;
  }
}

/** Rewrites a document as one record a line. @throws FileFault `unreadable_file:json_invalid` where it holds no record */
export async function splitJson(
  path: string,
  layout: Layout,
  limits: FetchLimits,
  cutOut: CutOut,
): Promise<void> {
  const splitter = layout === 'lines' ? new LineFilter(limits, cutOut) : new Splitter(layout, limits, cutOut);
  const target = `${path}.ndjson`;
  const out = createWriteStream(target);
  let written = 0;
  const write = async (pieces: readonly Buffer[]) => {
    for (const piece of pieces) {
      written += piece.length;
      if (!out.write(piece)) await once(out, 'drain');
    }
  };
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>)
    await write(splitter.feed(chunk));
  await write(splitter.end());
  out.end();
  await once(out, 'close');
  await rename(target, path);
  if (written === 0 && cutOut.count === 0 && layout === 'holder')
    throw new FileFault(reason('unreadable_file', 'json_invalid'));
}

/** Passes lines on, but for those no reader takes: too long, or nested too deep. */
class LineFilter {
  #rest: Buffer = Buffer.alloc(0);
  #line = 0;
  readonly #limits: FetchLimits;
  readonly #cutOut: CutOut;

  constructor(limits: FetchLimits, cutOut: CutOut) {
    this.#limits = limits;
    this.#cutOut = cutOut;
  }

  feed(chunk: Buffer): Buffer[] {
    const buffer = this.#rest.length ? Buffer.concat([this.#rest, chunk]) : chunk;
    const out: Buffer[] = [];
    let from = 0;
    for (let end = buffer.indexOf(0x0a); end !== -1; end = buffer.indexOf(0x0a, from)) {
      this.#pass(buffer.subarray(from, end), out);
      from = end + 1;
    }
    this.#rest = buffer.subarray(from);
    return out;
  }

  end(): Buffer[] {
    const out: Buffer[] = [];
    if (this.#rest.length) this.#pass(this.#rest, out);
    return out;
  }

  #pass(line: Buffer, out: Buffer[]): void {
    this.#line++;
    if (line.length > this.#limits.rowBytes || depthOf(line) > this.#limits.nesting)
      this.#cutOut.add(this.#line, line);
    else out.push(line, Buffer.from('\n'));
  }
}

function depthOf(line: Buffer): number {
  let [depth, deepest, string] = [0, 0, false];
  for (let i = 0; i < line.length; i++) {
    const byte = line[i]!;
    if (string) {
      if (byte === BACKSLASH) i++;
      else if (byte === QUOTE) string = false;
    } else if (byte === QUOTE) string = true;
    else if (byte === OPEN_OBJECT || byte === OPEN_LIST) deepest = Math.max(deepest, ++depth);
    else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) depth--;
  }
  return deepest;
}

/** Looks over the bytes of a file as they pass, so that most files need no second pass. Hops; reads no byte itself. */
import { isUtf8 } from 'node:buffer';
import { CR, countByte, LF, QUOTE } from './csv-record.ts';

/** What was seen of the decompressed bytes. */
export interface Sight {
  readonly bytes: number;
  /** The first bytes, enough to tell encoding and format. */
  readonly head: Buffer;
  readonly utf8: boolean;
  /** `mixed`: anything but LF throughout or CRLF throughout. */
  readonly lineEnds: 'lf' | 'crlf' | 'mixed';
  /** Whether there is a double quote. */
  readonly quotes: boolean;
  /** No line is longer. Exact beyond `SHORT_LINE`. */
  readonly longestLine: number;
}

/** Lines up to this many bytes are not measured one by one. */
export const SHORT_LINE = 10_000;
const HEAD = 4 << 10;

/** How many bytes at the end of a chunk begin a UTF-8 character that goes on in the next. */
function unfinished(chunk: Buffer): number {
  for (let back = 1; back <= Math.min(3, chunk.length); back++) {
    const byte = chunk[chunk.length - back]!;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
}

export class Surveyor {
  bytes = 0;
  #head = Buffer.alloc(0);
  #utf8 = true;
  /** The beginning of a character the chunk before ended in. */
  #half = Buffer.alloc(0);
  #quotes = false;
  #longestLine = 0;
  /** Bytes of the line at hand that earlier chunks held. */
  #line = 0;
  #endsInCr = false;
  #bareLf = false;
  #bareCr = false;
  #crlf = false;

  look(chunk: Buffer): void {
    this.bytes += chunk.length;
    if (this.#head.length < HEAD)
      this.#head = Buffer.concat([this.#head, chunk.subarray(0, HEAD - this.#head.length)]);
    this.#quotes ||= chunk.includes(QUOTE);
    if (this.#utf8) this.#lookAtText(chunk);
    if (!this.#bareCr) this.#lookAtLineEnds(chunk);
    this.#measureLines(chunk);
  }

  end(): Sight {
    const { bytes } = this;
    const [head, quotes] = [this.#head, this.#quotes];
    const mixed = this.#bareCr || this.#endsInCr || (this.#crlf && this.#bareLf);
    const lineEnds = mixed ? 'mixed' : this.#crlf ? 'crlf' : 'lf';
    const longestLine = Math.min(bytes, Math.max(SHORT_LINE, this.#longestLine, this.#line));
    const utf8 = this.#utf8 && this.#half.length === 0;
    return { bytes, head, utf8, lineEnds, quotes, longestLine };
  }

  #lookAtText(chunk: Buffer): void {
    const bytes = this.#half.length ? Buffer.concat([this.#half, chunk]) : chunk;
    const whole = bytes.length - unfinished(bytes);
    this.#half = Buffer.from(bytes.subarray(whole));
    this.#utf8 = isUtf8(bytes.subarray(0, whole));
  }

  #lookAtLineEnds(chunk: Buffer): void {
    let pairs = this.#endsInCr && chunk[0] === LF ? 1 : 0;
    if (this.#endsInCr && pairs === 0) this.#bareCr = true;
    for (let at = chunk.indexOf(CR); at !== -1 && !this.#bareCr; at = chunk.indexOf(CR, at + 2))
      if (chunk[at + 1] === LF) pairs++;
      else if (at + 1 < chunk.length) this.#bareCr = true;
    this.#endsInCr = chunk.at(-1) === CR;
    this.#crlf ||= pairs > 0;
    this.#bareLf ||= pairs > 0 ? countByte(chunk, LF) > pairs : chunk.includes(LF);
  }

  /** Hops over as many short lines at once as fit within `SHORT_LINE`. */
  #measureLines(chunk: Buffer): void {
    let start = -this.#line;
    while (chunk.length - start > SHORT_LINE) {
      const hop = start + SHORT_LINE;
      let end = hop < 0 ? -1 : chunk.lastIndexOf(LF, hop);
      if (end < Math.max(start, 0)) end = chunk.indexOf(LF, Math.max(hop, 0));
      if (end === -1) break;
      this.#longestLine = Math.max(this.#longestLine, end - start);
      start = end + 1;
    }
    const last = chunk.lastIndexOf(LF);
    this.#line = chunk.length - (last === -1 ? start : last + 1);
  }
}

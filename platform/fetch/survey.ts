/** Looks over the bytes of a file as they pass, so that most files need no second pass. */
import { isAscii, isUtf8 } from 'node:buffer';

/** What was seen of the decompressed bytes. */
export interface Sight {
  readonly bytes: number;
  /** The first bytes, enough to tell the format. */
  readonly head: Buffer;
  /** `damaged`: most lines with characters beyond ASCII are UTF-8, but some are not. */
  readonly utf8: 'valid' | 'damaged' | 'no';
  /** `mixed`: anything but LF throughout or CRLF throughout. */
  readonly lineEnds: 'lf' | 'crlf' | 'mixed';
  /** Whether there is a double quote. */
  readonly quotes: boolean;
  /** No line is longer than this. */
  readonly longestLine: number;
}

const HEAD = 64 << 10;
const [LF, CR, QUOTE] = [0x0a, 0x0d, 0x22];

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
  #quotes = false;
  #longestLine = 0;
  /** Bytes of the line at hand. */
  #line = 0;
  #endsInCr = false;
  #bareLf = false;
  #bareCr = false;
  #crlf = false;
  #carry = Buffer.alloc(0);
  /** Bytes of text beyond ASCII that is UTF-8, and that is not: whole chunks where all is well, else lines. */
  #good = 0;
  #bad = 0;

  look(chunk: Buffer): void {
    if (chunk.length === 0) return;
    this.bytes += chunk.length;
    if (this.#head.length < HEAD)
      this.#head = Buffer.concat([this.#head, chunk.subarray(0, HEAD - this.#head.length)]);
    this.#quotes ||= chunk.includes(QUOTE);
    this.#lookAtText(chunk);
    this.#lookAtLineEnds(chunk);
    const [first, last] = [chunk.indexOf(LF), chunk.lastIndexOf(LF)];
    const begun = this.#line + (first === -1 ? chunk.length : first);
    this.#longestLine = Math.max(this.#longestLine, begun, last - first);
    this.#line = first === -1 ? begun : chunk.length - last - 1;
  }

  end(): Sight {
    if (this.#carry.length) this.#bad++;
    this.#bareCr ||= this.#endsInCr;
    const { bytes } = this;
    const [head, quotes, longestLine] = [this.#head, this.#quotes, this.#longestLine];
    const mixed = this.#bareCr || (this.#crlf && this.#bareLf);
    const lineEnds = mixed ? 'mixed' : this.#crlf ? 'crlf' : 'lf';
    const utf8 = this.#bad === 0 ? 'valid' : this.#good > this.#bad ? 'damaged' : 'no';
    return { bytes, head, utf8, lineEnds, quotes, longestLine };
  }

  #lookAtText(chunk: Buffer): void {
    const bytes = this.#carry.length ? Buffer.concat([this.#carry, chunk]) : chunk;
    const whole = bytes.subarray(0, bytes.length - unfinished(bytes));
    this.#carry = Buffer.from(bytes.subarray(whole.length));
    if (isUtf8(whole)) {
      if (!isAscii(whole)) this.#good += whole.length;
      return;
    }
    for (let at = 0; at < whole.length; ) {
      const found = whole.indexOf(LF, at);
      const end = found === -1 ? whole.length : found + 1;
      const line = whole.subarray(at, end);
      if (!isAscii(line)) {
        if (isUtf8(line)) this.#good += line.length;
        else this.#bad += line.length;
      }
      at = end;
    }
  }

  #lookAtLineEnds(chunk: Buffer): void {
    if (this.#bareCr || (this.#crlf && this.#bareLf)) return;
    if (this.#endsInCr && chunk[0] !== LF) this.#bareCr = true;
    for (let at = chunk.indexOf(CR); at !== -1 && !this.#bareCr; at = chunk.indexOf(CR, at + 2))
      if (chunk[at + 1] === LF) this.#crlf = true;
      else if (at + 1 < chunk.length) this.#bareCr = true;
    if (this.#crlf || this.#endsInCr) this.#lookForBareLf(chunk);
    else this.#bareLf ||= chunk.includes(LF);
    this.#crlf ||= this.#endsInCr && chunk[0] === LF;
    this.#endsInCr = chunk.at(-1) === CR;
  }

  #lookForBareLf(chunk: Buffer): void {
    for (let at = chunk.indexOf(LF); at !== -1 && !this.#bareLf; at = chunk.indexOf(LF, at + 1))
      if ((at === 0 ? this.#endsInCr : chunk[at - 1] === CR) === false) this.#bareLf = true;
  }
}

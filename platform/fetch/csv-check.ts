/** Whether the engine will read a CSV file as it stands. Hops from quote to quote, so most files cost next to nothing. */
import { BLANK, CR, LF, QUOTE } from './csv-record.ts';
import { readChunks } from './rewrite.ts';

type State = 'outside' | 'inside' | 'closed';

/**
 * What the quotes of a file are like. `broken`: one does not close, has text behind it, or hides a line end; the last
 * may be right, but only counting fields tells. `stray`: some are data in values that are not quoted.
 * @param delimiter its byte
 */
export async function checkQuotes(path: string, delimiter: number): Promise<'sound' | 'stray' | 'broken'> {
  const check = new QuoteCheck(delimiter);
  for await (const chunk of readChunks(path)) if (!check.feed(chunk)) return 'broken';
  if (check.state === 'inside') return 'broken';
  return check.stray ? 'stray' : 'sound';
}

class QuoteCheck {
  state: State = 'outside';
  stray = false;
  /** The last two bytes of the chunk before. */
  #before: [number, number] = [LF, LF];
  readonly #delimiter: number;

  constructor(delimiter: number) {
    this.#delimiter = delimiter;
  }

  /** False once the quotes are broken. */
  feed(chunk: Buffer): boolean {
    let lineEnd = -1;
    let at = 0;
    while (at < chunk.length) {
      if (this.state === 'closed') {
        const byte = chunk[at]!;
        if (byte === BLANK) at++;
        else if (byte === QUOTE && this.#byte(chunk, at - 1) === QUOTE) {
          this.state = 'inside';
          at++;
        } else if (this.#isEnd(byte)) this.state = 'outside';
        else return false;
        continue;
      }
      const quote = chunk.indexOf(QUOTE, at);
      if (this.state === 'inside') {
        if (lineEnd < at) lineEnd = chunk.indexOf(LF, at);
        if (lineEnd === -1) lineEnd = chunk.length;
        if (lineEnd < (quote === -1 ? chunk.length : quote)) return false;
      }
      if (quote === -1) break;
      if (this.state === 'inside') this.state = 'closed';
      else if (this.#opens(chunk, quote)) this.state = 'inside';
      else this.stray = true;
      at = quote + 1;
    }
    this.#before = [this.#byte(chunk, chunk.length - 2), this.#byte(chunk, chunk.length - 1)];
    return true;
  }

  #opens(chunk: Buffer, quote: number): boolean {
    const previous = this.#byte(chunk, quote - 1);
    return this.#isEnd(previous === BLANK ? this.#byte(chunk, quote - 2) : previous);
  }

  #isEnd(byte: number): boolean {
    return byte === this.#delimiter || byte === LF || byte === CR;
  }

  #byte(chunk: Buffer, at: number): number {
    return at >= 0 ? chunk[at]! : this.#before[at + 2]!;
  }
}

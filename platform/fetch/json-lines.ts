/** Documents that are one record a line already: lines no reader takes are cut out, the rest is passed on. */
import { isUtf8 } from 'node:buffer';
import { afterLineEnd, CR, lineEnd } from './csv-record.ts';
import { type CutOut, MOST_OF_A_LINE } from './cut-out.ts';
import { depthOf, hasManyBrackets } from './json-depth.ts';
import type { RecordOptions } from './json-record.ts';
import { Carrying, type Page, rewrite } from './rewrite.ts';

export interface LinesOptions extends RecordOptions {
  /** Line ends are LF or CRLF throughout and no line is longer than a row may be. */
  readonly regular: boolean;
}

/**
 * Cuts out the lines that are too long, nested too deep or no UTF-8, and makes LF of all line ends. A file without
 * such lines is left alone.
 */
export async function filterLines(path: string, options: LinesOptions, cutOut: CutOut): Promise<void> {
  const { regular, damaged, limits } = options;
  if (regular && !damaged && !(await hasManyBrackets(path, limits.nesting))) return;
  await rewrite(path, new LineFilter(options, cutOut));
}

class LineFilter extends Carrying {
  #line = 1;
  /** Within a line of which enough was kept. */
  #skipping = false;
  readonly #options: RecordOptions;
  readonly #cutOut: CutOut;

  constructor(options: RecordOptions, cutOut: CutOut) {
    super();
    this.#options = options;
    this.#cutOut = cutOut;
  }

  protected pass(bytes: Buffer, page: Page, last: boolean): number {
    let at = 0;
    while (at < bytes.length) {
      const end = lineEnd(bytes, at);
      const open = end === bytes.length;
      const halfEnd = end === bytes.length - 1 && bytes[end] === CR;
      if (!last && (halfEnd || (open && !this.#skipping && end - at <= MOST_OF_A_LINE))) break;
      if (!this.#skipping) this.#judge(bytes.subarray(at, end), page);
      this.#skipping = open && !last;
      at = afterLineEnd(bytes, end);
    }
    return at;
  }

  #judge(line: Buffer, page: Page): void {
    const { limits, damaged } = this.#options;
    const fits = line.length <= limits.rowBytes && depthOf(line) <= limits.nesting;
    if (fits && !(damaged && !isUtf8(line))) {
      page.add(line);
      page.endLine();
    } else this.#cutOut.add(this.#line, line);
    this.#line++;
  }
}

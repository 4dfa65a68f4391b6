/** The record that is in hand while a JSON document is split: where it began, and what earlier chunks held of it. */
import { isUtf8 } from 'node:buffer';
import type { CutOut } from './cut-out.ts';
import type { FetchLimits } from './model.ts';
import type { Page } from './rewrite.ts';

export interface RecordOptions {
  readonly limits: Pick<FetchLimits, 'rowBytes' | 'nesting'>;
  /** Whether there may be bytes that are no UTF-8. */
  readonly damaged: boolean;
}

export class JsonRecord {
  /** Whether there is one. */
  open = false;
  #line = 0;
  #depth = 0;
  #deepest = 0;
  #parts: Buffer[] = [];
  /** Counts on where no more is kept. */
  #size = 0;
  readonly #options: RecordOptions;
  readonly #cutOut: CutOut;

  constructor(options: RecordOptions, cutOut: CutOut) {
    this.#options = options;
    this.#cutOut = cutOut;
  }

  begin(line: number, depth: number): void {
    this.open = true;
    this.#line = line;
    this.#depth = this.#deepest = depth;
  }

  reach(depth: number): void {
    if (depth > this.#deepest) this.#deepest = depth;
  }

  /** Takes what a chunk that ends holds of it. */
  keep(bytes: Buffer): void {
    if (this.#size <= this.#options.limits.rowBytes) this.#parts.push(Buffer.from(bytes));
    this.#size += bytes.length;
  }

  /** Writes it, or cuts it out where no reader can take it. */
  finish(bytes: Buffer, page: Page): void {
    let record = bytes;
    if (this.#size > 0) {
      this.keep(bytes);
      record = Buffer.concat(this.#parts);
    }
    const { limits, damaged } = this.#options;
    const fits =
      Math.max(this.#size, record.length) <= limits.rowBytes && this.#deepest - this.#depth <= limits.nesting;
    if (fits && !(damaged && !isUtf8(record))) {
      page.add(record);
      page.endLine();
    } else this.#cutOut.add(this.#line, record);
    this.drop();
  }

  /** Tells of one that should have begun there. */
  miss(line: number): void {
    this.#cutOut.add(line, Buffer.alloc(0));
  }

  /** Forgets it: it was no record. */
  drop(): void {
    this.open = false;
    this.#parts = [];
    this.#size = 0;
  }
}

/** What had to be cut out of a file, verbatim, in a file of its own. */
import { isUtf8 } from 'node:buffer';
import { appendFileSync } from 'node:fs';

/** More of one line is not kept; the whole is in the landing zone. */
export const MOST_OF_A_LINE = 16 << 20;

/** Lines are collected up to this size before they are written. */
const BATCH = 1 << 20;

/** Bytes as text that gives the bytes back: those that are no UTF-8 as Windows-1252, which has a character for each. */
const verbatim = (bytes: Uint8Array): string =>
  new TextDecoder(isUtf8(bytes) ? 'utf-8' : 'windows-1252', { ignoreBOM: true }).decode(bytes);

export class CutOut {
  readonly #path: string;
  #waiting: string[] = [];
  #size = 0;
  count = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** Keeps a line (from 1, the header counts) or element as it came. */
  add(line: number, bytes: Uint8Array): void {
    this.count++;
    const kept = `${JSON.stringify({ line, raw: verbatim(bytes.subarray(0, MOST_OF_A_LINE)) })}\n`;
    this.#waiting.push(kept);
    this.#size += kept.length;
    if (this.#size > BATCH) this.#flush();
  }

  /** The file, where anything was cut out. */
  close(): string | undefined {
    this.#flush();
    return this.count ? this.#path : undefined;
  }

  #flush(): void {
    if (this.#waiting.length) appendFileSync(this.#path, this.#waiting.join(''));
    this.#waiting = [];
    this.#size = 0;
  }
}

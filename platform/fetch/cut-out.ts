/** What had to be cut out of a file, verbatim, in a file of its own. */
import { appendFileSync, existsSync } from 'node:fs';

/** More of one line is not kept; the whole is in the landing zone. */
const MOST = 16 << 20;

export class CutOut {
  readonly #path: string;
  count = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** Keeps a line (from 1, the header counts) or element as it came. */
  add(line: number, bytes: Uint8Array): void {
    this.count++;
    const raw = new TextDecoder().decode(bytes.subarray(0, MOST));
    appendFileSync(this.#path, `${JSON.stringify({ line, raw })}\n`);
  }

  /** The file, where anything was cut out. */
  get path(): string | undefined {
    return existsSync(this.#path) ? this.#path : undefined;
  }
}

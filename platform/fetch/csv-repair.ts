/**
 * Rewrites a CSV file the engine would misread. DuckDB stops at mixed line ends, drops lines past its limit without a
 * word, takes all that follows a quote that never closes for one value, and keeps 10,000 characters of a refused line.
 */
import { isUtf8 } from 'node:buffer';
import { reason } from '../../core/contract/reasons.ts';
import { afterLineEnd, CR, LF, lineEnd, type ScannedRecord, scanRecord } from './csv-record.ts';
import { type CutOut, MOST_OF_A_LINE } from './cut-out.ts';
import { FileFault } from './model.ts';
import { Carrying, type Page, rewrite } from './rewrite.ts';

/** Of longer lines that have too few or too many fields the engine keeps no more than this. */
export const ENGINE_KEEPS = 10_000;

/** Up to this many lines are cut out whatever the file; beyond, most lines must be good. */
const SOME_CUTS = 1000;

export interface RepairOptions {
  /** Its byte. */
  readonly delimiter: number;
  readonly columns: number;
  readonly rowBytes: number;
  /** Stands in for the first line, where the quotes of the header are broken. */
  readonly header?: string;
  /** Whether lines may hold bytes that are no UTF-8. */
  readonly damaged: boolean;
}

/**
 * Rewrites the file with LF as its only line end outside quotes. Cut out and kept are lines longer than `rowBytes`, lines
 * that are no UTF-8, and the first line of each record whose quotes are broken or that spans lines without having
 * the right number of fields: there a quote was most likely left open, and what follows are good rows.
 * @returns whether quotes stand in values that are not quoted
 * @throws FileFault `unreadable_file:csv_quotes` where most lines would have to be cut out
 */
export async function repairCsv(path: string, options: RepairOptions, cutOut: CutOut): Promise<boolean> {
  const repair = new Repair(options, cutOut);
  await rewrite(path, repair);
  return repair.stray;
}

class Repair extends Carrying {
  stray = false;
  #line = 1;
  /** Within a line of which enough was kept. */
  #skipping = false;
  readonly #options: RepairOptions;
  readonly #cutOut: CutOut;

  constructor(options: RepairOptions, cutOut: CutOut) {
    super();
    this.#options = options;
    this.#cutOut = cutOut;
  }

  protected pass(bytes: Buffer, page: Page, last: boolean): number {
    const { delimiter, rowBytes, columns } = this.#options;
    let at = 0;
    /** Start of the records that can be passed on together. */
    let run = 0;
    while (at < bytes.length) {
      const first = this.#line === 1;
      const replaced = first && this.#options.header !== undefined;
      const record = this.#skipping || replaced ? undefined : scanRecord(bytes, at, delimiter, last);
      if (record?.open && !last && bytes.length - at <= rowBytes) break;
      const whole = record && (first || this.#isWhole(record, bytes, at));
      const end = whole ? record.end : lineEnd(bytes, at);
      if (!last && this.#isUnfinished(bytes, at, end)) break;
      const next = afterLineEnd(bytes, end);
      if (whole) {
        this.stray ||= record.stray;
        if (next !== end + 1 || bytes[end] !== LF) {
          page.add(bytes, run, end);
          page.endLine();
          run = next;
        }
        this.#line += record.lines;
      } else {
        page.add(bytes, run, at);
        run = next;
        if (replaced) page.add(Buffer.from(`${this.#options.header}\n`));
        else if (!this.#skipping) this.#cut(bytes.subarray(at, end));
        // A blank line in its place keeps the line numbers; in a file of one column it would be a row.
        if (!replaced && !this.#skipping && columns > 1) page.endLine();
        if (!this.#skipping) this.#line++;
        this.#skipping = end === bytes.length && !last;
      }
      at = next;
    }
    page.add(bytes, run, at);
    return at;
  }

  /** Whether a line must wait for more bytes: for its end, or to see whether its CR is half of a CRLF. */
  #isUnfinished(bytes: Buffer, at: number, end: number): boolean {
    if (end === bytes.length) return !this.#skipping && end - at <= MOST_OF_A_LINE;
    return end === bytes.length - 1 && bytes[end] === CR;
  }

  /** Whether the engine can be given the record. */
  #isWhole({ end, fault, open, lines, fields }: ScannedRecord, bytes: Buffer, at: number): boolean {
    const { columns, rowBytes, damaged } = this.#options;
    if (fault || open || end - at > rowBytes) return false;
    if (fields !== columns && (lines > 1 || end - at > ENGINE_KEEPS)) return false;
    return !damaged || isUtf8(bytes.subarray(at, end));
  }

  #cut(line: Buffer): void {
    this.#cutOut.add(this.#line, line);
    const { count } = this.#cutOut;
    if (count > SOME_CUTS && count * 2 > this.#line)
      throw new FileFault(reason('unreadable_file', 'csv_quotes'));
  }
}

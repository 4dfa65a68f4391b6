/** Where the records of a fetched file begin in the file as it landed: its physical lines, as an editor numbers them. */
import { readFile } from 'node:fs/promises';
import { afterLineEnd, CR, lineEnd, scanRecord } from './csv-record.ts';
import type { Fetched } from './model.ts';
import { readChunks } from './rewrite.ts';

export interface Located {
  /** Ordinal of a record, from 1 → the line it begins on, from 1; the header counts. */
  readonly lines: ReadonlyMap<number, number>;
  /** What was seen on the way: whoever counted otherwise numbers other records. Absent where lines are records. */
  readonly counted?: { readonly records: number; readonly malformed: number };
}

/** Finds lines of records; undefined for formats whose records do not begin lines. */
export async function locate(file: Fetched, rows: ReadonlySet<number>): Promise<Located | undefined> {
  const cut = await cutLines(file);
  if (file.format === 'ndjson' && file.lines === 'native')
    return { lines: new Map([...rows].map((row) => [row, behind(row, cut)])) };
  if (file.format !== 'csv') return undefined;
  const { lines, ...counted } = await scan(file, rows);
  // In the place of a line that was cut out stands a blank one, but where that would be a record.
  const moved = file.header.length === 1 ? cut : [];
  return {
    lines: new Map([...lines].map(([row, line]) => [row, behind(line, moved)])),
    counted: { ...counted, malformed: counted.malformed + cut.length },
  };
}

/** The line that is `line` once the lines of `cut` are gone, which ascend. */
const behind = (line: number, cut: readonly number[]): number =>
  cut.reduce((at, gone) => (gone <= at ? at + 1 : at), line);

async function cutLines({ cutOut }: Fetched): Promise<number[]> {
  if (!cutOut) return [];
  const kept = (await readFile(cutOut, 'utf8')).split('\n').filter(Boolean);
  return kept.map((text) => (JSON.parse(text) as { line: number }).line).sort((a, b) => a - b);
}

const LONE_CR = /\r(?!\n)/;

/** Fields of a record that ends there. Delimiters too many at its end hold no value: the engine overlooks them. */
function fieldsIn(bytes: Buffer, end: number, fields: number, delimiter: number, most: number): number {
  let [count, at] = [fields, end];
  while (count > most && bytes[at - 1] === delimiter) [count, at] = [count - 1, at - 1];
  return count;
}

/** Reads records as the engine does: blank lines are none, and neither is what has too few or too many fields. */
async function scan(
  { path, header, delimiter }: Fetched & { format: 'csv' },
  rows: ReadonlySet<number>,
): Promise<{ lines: Map<number, number>; records: number; malformed: number }> {
  const byte = delimiter.charCodeAt(0);
  const lines = new Map<number, number>();
  let [line, records, malformed] = [1, 0, 0];
  let isHeader = true;
  let vague = false;
  let rest: Buffer = Buffer.alloc(0);
  const pass = (bytes: Buffer, last: boolean): number => {
    let at = 0;
    while (at < bytes.length) {
      const record = scanRecord(bytes, at, byte, last);
      const sound = !record.fault && !record.open;
      if (record.open && !last) break;
      const end = sound ? record.end : lineEnd(bytes, at);
      // Its end may be half of a CRLF.
      if (!last && (end === bytes.length || (end === bytes.length - 1 && bytes[end] === CR))) break;
      const blank = end === at && header.length > 1;
      if (isHeader && end > at) isHeader = false;
      else if (!isHeader && !blank) {
        if (!sound || fieldsIn(bytes, end, record.fields, byte, header.length) !== header.length) malformed++;
        else if (rows.has(++records) && !vague) lines.set(records, line);
        // Whether that is a line end is a matter of taste, and so is the number of every line behind it.
        vague ||= LONE_CR.test(bytes.toString('latin1', at, end));
      }
      line += sound ? record.lines : 1;
      at = afterLineEnd(bytes, end);
    }
    return at;
  };
  for await (const chunk of readChunks(path)) {
    const bytes = Buffer.concat([rest, chunk]);
    rest = Buffer.from(bytes.subarray(pass(bytes, false)));
  }
  pass(rest, true);
  return { lines, records, malformed };
}

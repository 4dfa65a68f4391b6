/** The first look at CSV and its cousins: the delimiter and the names of the columns. */
import { parse } from 'csv-parse/sync';
import { reason } from '../../core/contract/reasons.ts';
import { scanRecord } from './csv-record.ts';
import { type FetchLimits, FileFault } from './model.ts';

const delimiters = [',', ';', '\t', '|', '^', '~', '\x1f'] as const;
const SAMPLE = 20;

/** For each delimiter, how often it stands in each of the first lines, outside quotes. */
function countDelimiters(sample: string): Map<string, number[]> {
  const counts = new Map(delimiters.map((d) => [d as string, [] as number[]]));
  let quoted = false;
  let current = new Map<string, number>();
  let length = 0;
  const finish = () => {
    if (length > 0) for (const [d, list] of counts) list.push(current.get(d) ?? 0);
    current = new Map();
    length = 0;
  };
  for (const char of sample) {
    if (char === '"') quoted = !quoted;
    if (!quoted && (char === '\n' || char === '\r')) finish();
    else {
      length++;
      if (!quoted && counts.has(char)) current.set(char, (current.get(char) ?? 0) + 1);
    }
    if (counts.get(',')!.length >= SAMPLE) return counts;
  }
  finish();
  return counts;
}

/**
 * The delimiter most lines agree on; the header decides between equals. A file of one column gets a comma.
 * @example detectDelimiter('a;b\n1,5;2\n') // ';'
 */
export function detectDelimiter(sample: string): string {
  const scored = [...countDelimiters(sample)].map(([delimiter, [header = 0, ...rows]]) => {
    const same = rows.filter((n) => n === header).length;
    const agreement = rows.length ? same / rows.length : 1;
    return { delimiter, header, score: header === 0 ? 0 : agreement + header / 1000 };
  });
  const best = scored.sort((a, b) => b.score - a.score || b.header - a.header)[0]!;
  return best.score > 0 ? best.delimiter : ',';
}

interface Header {
  /** Blank ones are called `column_<n>`. */
  readonly names: readonly string[];
  /** Whether the engine reads it without harm. One with broken quotes would cost it every row, and it would not say so. */
  readonly sound: boolean;
}

/**
 * Reads the header.
 * @throws FileFault `missing_header`, `duplicate_column:<name>`, `too_many_columns`, `unreadable_file:nul_in_header`
 */
export function readHeader(sample: string, delimiter: string, { columns: most }: FetchLimits): Header {
  if (/^[ \t]*(\r|\n)/.test(sample)) throw new FileFault(reason('missing_header'));
  const bytes = Buffer.from(sample);
  const { end, fault, open } = scanRecord(bytes, 0, delimiter.charCodeAt(0), true);
  const text = fault || open ? '\ufffd' : bytes.toString('utf8', 0, end);
  const sound = !text.includes('\ufffd');
  const record = sound ? parseRecord(text, delimiter) : sample.split(/\r|\n/, 1)[0]!.split(delimiter);
  if (record.length > most) throw new FileFault(reason('too_many_columns', String(record.length)));
  // No text file has one, and no SQL can name a column by it.
  if (record.some((name) => name.includes('\0')))
    throw new FileFault(reason('unreadable_file', 'nul_in_header'));
  const names = record.map((name, i) => name.replace(/^\ufeff/, '').trim() || `column_${i + 1}`);
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name.toLowerCase())) throw new FileFault(reason('duplicate_column', name));
    seen.add(name.toLowerCase());
  }
  return { names, sound };
}

/** A record whose quotes are known to be sound. One blank may stand before a quote: the engine allows it. */
function parseRecord(record: string, delimiter: string): readonly string[] {
  const [fields = []] = parse(record, {
    delimiter,
    relax_quotes: true,
    relax_column_count: true,
    trim: delimiter !== '\t',
  }) as string[][];
  return fields;
}

/** A record that reads as these values. */
export const formatRecord = (values: readonly string[], delimiter: string): string =>
  values.map((value) => `"${value.replaceAll('"', '""')}"`).join(delimiter);

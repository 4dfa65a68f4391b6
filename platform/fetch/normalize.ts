/** From text in UTF-8 to what the engine reads: one function a format. */
import { reason } from '../../core/contract/reasons.ts';
import { checkQuotes } from './csv-check.ts';
import { detectDelimiter, formatRecord, readHeader } from './csv-header.ts';
import { ENGINE_KEEPS, repairCsv } from './csv-repair.ts';
import type { CutOut } from './cut-out.ts';
import type { Encoding } from './encoding.ts';
import { detectLayout } from './json-layout.ts';
import { filterLines } from './json-lines.ts';
import { splitJson } from './json-split.ts';
import { type FetchLimits, FileFault, type Shape } from './model.ts';
import type { Sight } from './survey.ts';
import { xmlToNdjson } from './xml.ts';
import { detectRecords } from './xml-layout.ts';

export type TextFormat = 'csv' | 'json' | 'xml';

type Seen = Pick<Sight, 'lineEnds' | 'quotes' | 'longestLine'>;

/** What is known of a file whose bytes were looked over in another encoding. */
export const recoded: Seen = {
  lineEnds: 'mixed',
  quotes: true,
  longestLine: Number.POSITIVE_INFINITY,
};

/** A file on local disk in UTF-8 without a byte order mark. */
export interface LocalText {
  readonly path: string;
  readonly head: string;
  /** The head is all there is. */
  readonly whole: boolean;
  readonly sight: Seen;
  readonly encoding: Encoding;
  readonly limits: FetchLimits;
  /** Names the contract's fields go by in files. */
  readonly known: ReadonlySet<string>;
  readonly cutOut: CutOut;
}

async function csv({ path, head, whole, sight, encoding, limits, cutOut }: LocalText): Promise<Shape> {
  if (!whole && !/[\r\n]/.test(head)) throw new FileFault(reason('unreadable_file', 'header_too_long'));
  const delimiter = detectDelimiter(head);
  const { names, sound } = readHeader(head, delimiter, limits);
  const { damaged } = encoding;
  const byte = delimiter.charCodeAt(0);
  const quotes = sight.quotes && sound ? await checkQuotes(path, byte) : 'sound';
  const regular = sound && !damaged && sight.lineEnds !== 'mixed' && quotes !== 'broken';
  const common = { format: 'csv', delimiter, header: names, encoding: encoding.name } as const;
  if (!regular || sight.longestLine > Math.min(limits.rowBytes, ENGINE_KEEPS)) {
    const header = sound ? undefined : formatRecord(names, delimiter);
    const { rowBytes } = limits;
    const options = { delimiter: byte, columns: names.length, rowBytes, header, damaged };
    const stray = await repairCsv(path, options, cutOut);
    return { ...common, records: stray ? 'unknown' : 'quoted' };
  }
  return { ...common, records: 'lines' };
}

async function json({ path, head, sight, encoding, limits, known, cutOut }: LocalText): Promise<Shape> {
  const layout = detectLayout(head, known);
  const { damaged } = encoding;
  if (layout !== 'lines') {
    await splitJson(path, layout, { limits, damaged }, cutOut);
    return { format: 'ndjson', lines: 'split' };
  }
  const regular = sight.lineEnds !== 'mixed' && sight.longestLine <= limits.rowBytes;
  await filterLines(path, { limits, damaged, regular }, cutOut);
  return { format: 'ndjson', lines: 'native' };
}

async function xml({ path, head, limits, known, cutOut }: LocalText): Promise<Shape> {
  await xmlToNdjson(path, detectRecords(head, known), limits, cutOut);
  return { format: 'ndjson', lines: 'xml' };
}

export const normalizers: Readonly<Record<TextFormat, (text: LocalText) => Promise<Shape>>> = {
  csv,
  json,
  xml,
};

/** Fetching: any landed file becomes a local file the engine reads in one of three ways. */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { reason } from '../../core/contract/reasons.ts';
import { detectDelimiter, readHeader, repairCsv } from './csv.ts';
import { CutOut } from './cut-out.ts';
import { detectEncoding, toUtf8 } from './encoding.ts';
import { detectLayout, splitJson } from './json.ts';
import { type Fetched, type FetchLimits, type FetchResult, FileFault } from './model.ts';
import { type Survey, spool } from './spool.ts';
import { xmlToNdjson } from './xml.ts';

export type { Fetched, FetchLimits, FetchResult } from './model.ts';

export interface FetchOptions {
  /** The file's name; its ending decides where the content leaves a choice. */
  readonly name: string;
  /** Folder for the result; it must exist and is the caller's to remove. */
  readonly dir: string;
  readonly limits: FetchLimits;
  /** Names the contract's fields go by in files. */
  readonly known?: ReadonlySet<string>;
}

type Kind = 'csv' | 'json' | 'xml' | 'parquet';

/** Content first; the name only where the content could be anything. */
function detectKind(head: string, name: string): Kind {
  if (head.startsWith('PAR1')) return 'parquet';
  const start = head.trimStart()[0];
  const ending = name
    .toLowerCase()
    .replace(/\.(gz|gzip|zst|zstd)$/, '')
    .split('.')
    .at(-1);
  if (ending === 'csv' || ending === 'tsv' || ending === 'txt') return 'csv';
  if (start === '{' || start === '[') return 'json';
  if (start === '<') return 'xml';
  return ending === 'json' || ending === 'ndjson' || ending === 'jsonl' ? 'json' : 'csv';
}

async function headOf(path: string, length = 256 << 10): Promise<string> {
  await using file = await open(path);
  const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, 0);
  return new TextDecoder().decode(buffer.subarray(0, bytesRead));
}

/**
 * Fetches a file: decompresses, makes UTF-8 of it, and normalizes it. A file at fault is a value; only I/O throws.
 * @example const got = await fetchFile(body, { name: 'a.csv.gz', dir, limits }); if (got.ok) got.file.format // 'csv'
 */
export async function fetchFile(source: Readable, options: FetchOptions): Promise<FetchResult> {
  let survey: Survey | undefined;
  const path = join(options.dir, 'landed');
  try {
    survey = await spool(source, path, options.limits);
    const file = await normalize(path, survey, options);
    return { ok: true, file };
  } catch (error) {
    if (!(error instanceof FileFault)) throw error;
    return { ok: false, reason: error.reason, bytes: survey?.landedBytes ?? 0, sha256: survey?.sha256 };
  }
}

async function normalize(
  path: string,
  survey: Survey,
  { name, dir, limits, known = new Set() }: FetchOptions,
): Promise<Fetched> {
  const common = { path, bytes: survey.landedBytes, sha256: survey.sha256 };
  if (survey.head.subarray(0, 4).toString('latin1') === 'PAR1') {
    await checkParquet(path, survey.bytes);
    return { ...common, format: 'parquet' };
  }
  const encoding = detectEncoding(survey);
  if (encoding.name !== 'utf-8' || encoding.bom > 0) await toUtf8(path, encoding);
  const head = await headOf(path);
  if (head.trim() === '' && survey.bytes < head.length + 4) throw new FileFault(reason('empty_file'));
  const cutOut = new CutOut(join(dir, 'cut-out.ndjson'));
  const kind = detectKind(head, name);
  if (kind === 'xml') {
    await xmlToNdjson(path, limits);
    return { ...common, format: 'ndjson', lines: 'xml' };
  }
  if (kind === 'json') {
    const layout = detectLayout(head, known);
    await splitJson(path, layout, limits, cutOut);
    return {
      ...common,
      format: 'ndjson',
      lines: layout === 'lines' ? 'native' : 'split',
      cutOut: cutOut.path,
    };
  }
  const delimiter = detectDelimiter(head);
  const header = readHeader(head, delimiter, limits);
  const plain = encoding.name === 'utf-8' && !survey.carriageReturns && survey.quotes % 2 === 0;
  if (!plain || survey.longestLine > limits.rowBytes)
    await repairCsv(path, delimiter, header.length === 1, limits.rowBytes, cutOut);
  return { ...common, format: 'csv', delimiter, header, encoding: encoding.name, cutOut: cutOut.path };
}

async function checkParquet(path: string, bytes: number): Promise<void> {
  await using file = await open(path);
  const { buffer } = await file.read(Buffer.alloc(4), 0, 4, Math.max(0, bytes - 4));
  if (bytes < 12 || buffer.toString('latin1') !== 'PAR1')
    throw new FileFault(reason('unreadable_file', 'parquet_truncated'));
}

/** How a landed file becomes a local file the engine reads in one of three ways. */
import { mkdtemp, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { reason } from '../../core/contract/reasons.ts';
import { CutOut } from './cut-out.ts';
import { detectEncoding, toUtf8 } from './encoding.ts';
import { type Fetched, type FetchLimits, type FetchResult, FileFault } from './model.ts';
import { type LocalText, normalizers, recoded, type TextFormat } from './normalize.ts';
import { type Survey, spool } from './spool.ts';

export interface FetchOptions {
  /** The file's name; its ending decides where the content leaves a choice. */
  readonly name: string;
  /** Folder for the result; it must exist and is the caller's to remove. */
  readonly dir: string;
  readonly limits: FetchLimits;
  /** Names the contract's fields go by in files. */
  readonly known?: ReadonlySet<string>;
}

/** What people send that is none of ours, by its first bytes. */
const unsupported: readonly (readonly [format: string, magic: string])[] = [
  ['zip_or_xlsx', 'PK\x03\x04'],
  ['xls', '\xd0\xcf\x11\xe0'],
  ['gzip_twice', '\x1f\x8b\x08'],
  ['zstd_twice', '\x28\xb5\x2f\xfd'],
  ['pdf', '%PDF-'],
  ['avro', 'Obj\x01'],
  ['orc', 'ORC\x0a'],
  ['7z', '7z\xbc\xaf\x27\x1c'],
  ['xz', '\xfd7zXZ'],
  ['bzip2', 'BZh'],
];

/** What an ending promises, whatever the content; other endings leave it to the content. */
const endings: Readonly<Record<string, TextFormat>> = { csv: 'csv', tsv: 'csv', xml: 'xml' };
const jsonEndings = new Set(['json', 'ndjson', 'jsonl']);
const starts: Readonly<Record<string, TextFormat>> = { '{': 'json', '[': 'json', '<': 'xml' };

function endingOf(name: string): string {
  const bare = name.toLowerCase().replace(/\.(gz|gzip|zst|zstd)$/, '');
  return bare.slice(bare.lastIndexOf('.') + 1);
}

function detectText(head: string, name: string): TextFormat {
  const ending = endingOf(name);
  const start = head.trimStart()[0] ?? '';
  return endings[ending] ?? starts[start] ?? (jsonEndings.has(ending) ? 'json' : 'csv');
}

const HEAD = 256 << 10;

/** The first characters of a file, and whether they are all it has. */
async function headOf(path: string): Promise<Pick<LocalText, 'head' | 'whole'>> {
  await using file = await open(path);
  const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(HEAD), 0, HEAD, 0);
  const head = new TextDecoder('utf-8', { ignoreBOM: true }).decode(buffer.subarray(0, bytesRead));
  return { head, whole: bytesRead < HEAD };
}

/** Makes a Parquet file one that can be trusted, in place. */
export type SafeParquet = (
  landed: { readonly path: string; readonly bytes: number; readonly limits: FetchLimits },
  size: number,
) => Promise<void>;

/** Fetches a file, given what makes Parquet safe: that takes an engine, which not every caller has. */
export async function fetchWith(
  safeParquet: SafeParquet,
  source: AsyncIterable<Uint8Array>,
  options: FetchOptions,
): Promise<FetchResult> {
  let survey: Survey | undefined;
  const folder = await mkdtemp(join(options.dir, 'fetched-'));
  try {
    survey = await spool(source, join(folder, 'landed'), options.limits);
    const file = await normalize(folder, survey, safeParquet, options);
    return { ok: true, file };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    if (!(error instanceof FileFault)) throw error;
    return { ok: false, reason: error.reason, bytes: survey?.landedBytes ?? 0, sha256: survey?.sha256 };
  }
}

async function normalize(
  folder: string,
  survey: Survey,
  safeParquet: SafeParquet,
  options: FetchOptions,
): Promise<Fetched> {
  const path = join(folder, 'landed');
  const common = { path, bytes: survey.landedBytes, sha256: survey.sha256 };
  const start = survey.head.toString('latin1', 0, 16);
  const [alien] = unsupported.find(([, magic]) => start.startsWith(magic)) ?? [];
  if (alien) throw new FileFault(reason('unsupported_format', alien));
  if (start.startsWith('PAR1')) {
    await safeParquet({ path, bytes: survey.landedBytes, limits: options.limits }, survey.bytes);
    return { ...common, format: 'parquet' };
  }
  if (endingOf(options.name) === 'parquet') throw new FileFault(reason('unreadable_file', 'parquet_invalid'));
  const encoding = await detectEncoding(path, survey);
  if (encoding.name !== 'utf-8' || encoding.bom > 0) await toUtf8(path, encoding);
  const { head, whole } = await headOf(path);
  if (whole && head.trim() === '') throw new FileFault(reason('empty_file'));
  const text: LocalText = {
    ...{ path, head, whole, limits: options.limits, known: options.known ?? new Set() },
    cutOut: new CutOut(join(folder, 'cut-out.ndjson')),
    sight: encoding.name === 'utf-8' ? survey : recoded,
    encoding,
  };
  const shape = await normalizers[detectText(head, options.name)](text);
  return { ...common, ...shape, cutOut: text.cutOut.close() };
}

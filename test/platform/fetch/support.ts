/** Fetches real bytes, and reads what came of them. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FetchLimits, type FetchResult, fetchFile } from '../../../platform/fetch/index.ts';
import { defaultLimits } from '../../../platform/limits.ts';

export interface Got {
  readonly result: FetchResult;
  /** What the engine reads; empty where the file was refused. */
  readonly text: string;
  readonly cutOut: readonly { line: number; raw: string }[];
  /** What is left in the folder. */
  readonly files: readonly string[];
}

export interface FetchOptions {
  readonly limits?: Partial<FetchLimits>;
  readonly known?: readonly string[];
  /** Size of the chunks the bytes come in. @default all at once */
  readonly chunk?: number;
}

export async function* inChunks(bytes: Uint8Array, size = bytes.length): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** Fetches into a folder of its own, looks at it, and removes it. */
export async function withFetched<T>(
  name: string,
  source: AsyncIterable<Uint8Array>,
  { limits, known }: FetchOptions,
  look: (result: FetchResult, dir: string) => Promise<T>,
): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), 'wharf-fetch-'));
  try {
    const options = { name, dir, limits: { ...defaultLimits, ...limits }, known: new Set(known) };
    return await look(await fetchFile(source, options), dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** Fetches a file of these bytes. */
export function fetch(name: string, body: string | Uint8Array, options: FetchOptions = {}): Promise<Got> {
  const bytes = Buffer.from(body);
  return withFetched(name, inChunks(bytes, options.chunk), options, async (result, dir) => {
    const file = result.ok ? result.file : undefined;
    const lines = file?.cutOut ? (await readFile(file.cutOut, 'utf8')).trimEnd().split('\n') : [];
    return {
      result,
      text: file ? await readFile(file.path, 'utf8') : '',
      cutOut: lines.map((line) => JSON.parse(line) as Got['cutOut'][number]),
      files: await readdir(dir),
    };
  });
}

/** The reason a file is refused with; undefined for a file that is not. */
export async function refusal(name: string, body: string | Uint8Array, options?: FetchOptions) {
  const { result } = await fetch(name, body, options);
  return result.ok ? undefined : result.reason;
}

/** The records of a JSON or XML file. */
export async function records(name: string, body: string | Uint8Array, options?: FetchOptions) {
  const { text } = await fetch(name, body, options);
  return text.split('\n').filter(Boolean);
}

const seed = Number(process.env.WHARF_SEED ?? Date.now() % 1_000_000);

/** How files are drawn: anew each time, unless a seed is given. */
export const runs = (numRuns: number) => ({ seed, numRuns });

/** Local files are read in chunks of this size. */
const READ = 1 << 20;

/** Text before and after `pad`, which is as long as puts the end of a chunk at `split` in what follows it. */
export function padded(before: string, after: string, split: number, pad: (size: number) => string): string {
  const at = Math.min(split, after.length);
  const used = Buffer.byteLength(before) + Buffer.byteLength(after.slice(0, at));
  return before + pad(READ - used) + after;
}

const ROW = 9000;

/** Rows of two values, of so many bytes in all, none of them long. */
export function paddingRows(size: number): string {
  const rows = Math.ceil(size / ROW);
  const row = (bytes: number) => `${'p'.repeat(bytes - 3)},p\n`;
  const last = size - (rows - 1) * ROW;
  // No row may be shorter than its delimiter and line end.
  return rows < 2 ? row(size) : row(ROW).repeat(rows - 2) + row(ROW - 10) + row(last + 10);
}

/** The first look at an object that is too large to be fetched: enough of its start to know how its lines are read. */
import { isUtf8 } from 'node:buffer';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { namesInFiles } from '../../core/contract/contract.ts';
import type { Contract } from '../../core/contract/model.ts';
import { reason } from '../../core/contract/reasons.ts';
import { csvLines, jsonLines, type Lines } from '../../core/contract/trino/lines.ts';
import { type Codec, detectCodec } from '../fetch/decompress.ts';
import { fetchWith } from '../fetch/fetch.ts';
import type { Limits } from '../limits.ts';

const HEAD = 1 << 20;
const LINE_END = 10;

interface Head {
  readonly codec: Codec['name'] | undefined;
  /** Whole lines. */
  readonly text: Buffer;
}

/** Reads on until there is enough, and no further. */
async function take(content: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of content) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= HEAD) break;
  }
  const all = Buffer.concat(chunks);
  return bytes < HEAD ? all : all.subarray(0, all.lastIndexOf(LINE_END, HEAD) + 1);
}

async function headOf(body: AsyncIterable<Buffer>): Promise<Head> {
  const chunks = body[Symbol.asyncIterator]();
  const first = (await chunks.next()).value ?? Buffer.alloc(0);
  async function* all(): AsyncGenerator<Buffer> {
    yield first;
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value;
  }
  const codec = detectCodec(first);
  if (!codec) return { codec: undefined, text: await take(all()) };
  let text: Buffer = Buffer.alloc(0);
  // The decoder's end comes before the object's, and it says so.
  await codec
    .decompress(all(), async (content) => {
      text = await take(content);
    })
    .catch((error: unknown) => {
      if (text.length === 0) throw error;
    });
  return { codec: codec.name, text };
}

export type Looked =
  | {
      readonly ok: true;
      readonly lines: Lines;
      /** Lines that are no record. */
      readonly headers: 0 | 1;
      /** What the object's name must end with for Trino to decompress it. */
      readonly ending: '' | '.gz' | '.zst';
    }
  | { readonly ok: false; readonly reason: string };

const endings = { gzip: '.gz', zstd: '.zst' } as const;

interface LookOptions {
  readonly name: string;
  /** Folder for files in the making; it must exist. */
  readonly tmp: string;
  readonly limits: Limits;
}

/** How Trino can read an object, or why it cannot: it reads lines of UTF-8, CSV or JSON, and nothing else. */
export async function lookAt(
  body: AsyncIterable<Buffer>,
  contract: Contract,
  { name, tmp, limits }: LookOptions,
): Promise<Looked> {
  const { codec, text } = await headOf(body);
  const no = (what: string): Looked => ({
    ok: false,
    reason: reason('unsupported_format', `${what}_too_large`),
  });
  const dir = await mkdtemp(join(tmp, 'head-'));
  try {
    const known = new Set(namesInFiles(contract));
    // Parquet is refused below, whatever is in it.
    const asItIs = async () => {};
    const fetched = await fetchWith(asItIs, Readable.from([text]), { name, dir, limits, known });
    if (!fetched.ok) return { ok: false, reason: fetched.reason };
    const { file } = fetched;
    if (file.format === 'parquet') return no('parquet');
    if (file.format === 'ndjson' && file.lines !== 'native') return no(file.lines === 'xml' ? 'xml' : 'json');
    // UTF-16 of plain letters would pass for UTF-8, with a zero byte in every character.
    if (!isUtf8(text) || text.includes(0)) return no('other_encoding');
    const common = { ok: true, ending: codec ? endings[codec] : '' } as const;
    if (file.format === 'ndjson') return { ...common, lines: jsonLines(contract), headers: 0 };
    const [line = ''] = new TextDecoder().decode(text).split(/\r|\n/, 1);
    const lines = csvLines(contract, { line, names: file.header, delimiter: file.delimiter });
    if (lines.missing.length === contract.fields.length)
      return { ok: false, reason: reason('unknown_header') };
    return { ...common, lines, headers: 1 };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

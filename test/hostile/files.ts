/** Sound files of every format and dataset: what the fuzz damages. */
import { randomUUID } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import type { Contract } from '../../core/contract/model.ts';
import { quote } from '../../core/contract/text.ts';
import { generateRows, generateText } from '../../core/generate/generate.ts';
import { datasets } from '../../datasets/index.ts';
import { Engine } from '../../platform/engine/duckdb.ts';

const DEFECTS = { seed: 7, defects: 0.3 } as const;
const ROWS = [0, 1, 12, 40] as const;

const whole = (contract: Contract, format: 'csv' | 'ndjson' | 'json', rows: number): string =>
  generateText(contract, { ...DEFECTS, rows, format })
    .toArray()
    .join('');

/** Rows as texts by field, and nothing else: for the formats nothing here writes. */
const texts = (contract: Contract, rows: number): Record<string, string>[] =>
  generateRows(contract, {
    ...DEFECTS,
    rows,
    kinds: ['bad_enum', 'out_of_range', 'duplicate_row', 'mojibake'],
  })
    .map(({ values }) => Object.fromEntries(Object.entries(values).map(([k, v]) => [k, v ?? ''])))
    .toArray();

const entity = { '<': '&lt;', '>': '&gt;', '&': '&amp;', '"': '&quot;' } as const;
const escaped = (text: string): string => text.replace(/[<>&"]/g, (c) => entity[c as keyof typeof entity]);

function tsv(contract: Contract, rows: number): string {
  const names = contract.fields.map(({ name }) => name);
  const cell = (text = ''): string => (/[\t"\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const lines = texts(contract, rows).map((row) => names.map((name) => cell(row[name])).join('\t'));
  return [names.join('\t'), ...lines].map((line) => `${line}\n`).join('');
}

function xml(contract: Contract, rows: number): string {
  const fields = (row: Record<string, string>): string =>
    Object.entries(row)
      .map(([name, text]) => `<${name}>${escaped(text)}</${name}>`)
      .join('');
  const records = texts(contract, rows).map((row) => `<row n="1">${fields(row)}</row>\n`);
  return `<?xml version="1.0"?>\n<rows>${records.join('')}</rows>`;
}

type Maker = (contract: Contract, rows: number) => string;

/** Formats that are text, by the ending they have. */
const makers: Readonly<Record<string, Maker>> = {
  'lf.csv': (contract, rows) => whole(contract, 'csv', rows),
  'crlf.csv': (contract, rows) => whole(contract, 'csv', rows).replaceAll('\n', '\r\n'),
  'tabs.tsv': tsv,
  'lines.ndjson': (contract, rows) => whole(contract, 'ndjson', rows),
  'list.json': (contract, rows) => whole(contract, 'json', rows),
  'holder.json': (contract, rows) => `{"page":1,"rows":${whole(contract, 'json', rows)},"more":{"a":[1]}}`,
  'rows.xml': xml,
};

/** How Parquet may be written: each way is read by other code. */
const layouts: Readonly<Record<string, string>> = {
  plain: 'COMPRESSION uncompressed, DICTIONARY_SIZE_LIMIT 1',
  dictionary: 'COMPRESSION uncompressed',
  v2: `COMPRESSION uncompressed, PARQUET_VERSION v2, DICTIONARY_SIZE_LIMIT 1`,
  snappy: 'COMPRESSION snappy, ROW_GROUP_SIZE 2048',
  zstd: 'COMPRESSION zstd, PARQUET_VERSION v2',
  gzip: 'COMPRESSION gzip',
};

/** A file before anything happens to it. */
export interface SoundFile {
  readonly dataset: string;
  readonly name: string;
  readonly bytes: Buffer;
}

/** The Parquet file of a query. */
export async function parquetOf(
  engine: Engine,
  select: string,
  options = 'COMPRESSION snappy',
): Promise<Buffer> {
  const path = join(tmpdir(), `wharf-${process.pid}-${randomUUID()}.parquet`);
  try {
    await engine.session((session) =>
      session.run(`COPY (${select}) TO ${quote(path)} (FORMAT parquet, ${options})`),
    );
    return await readFile(path);
  } finally {
    await rm(path, { force: true });
  }
}

async function parquets(folder: string): Promise<SoundFile[]> {
  using engine = await Engine.open({ dir: folder, memoryMb: 200, threads: 1 });
  const made: SoundFile[] = [];
  for (const [i, contract] of datasets.entries()) {
    const tabs = join(folder, `${contract.name}.tsv`);
    await writeFile(tabs, tsv(contract, 40));
    // Types as DuckDB sees them, a list and a structure beside them: each has a decoder of its own.
    const from = `SELECT *, [1, ${i}] AS many, {'a': 'x', 'b': ${i}} AS one FROM read_csv(${quote(tabs)}, delim = '\t', header = true, all_varchar = ${i % 2 === 0}, sample_size = -1)`;
    for (const [layout, options] of Object.entries(layouts)) {
      const bytes = await parquetOf(engine, from, options);
      made.push({ dataset: contract.name, name: `${layout}.parquet`, bytes });
    }
  }
  return made;
}

/** Files of every dataset in every format, of no row, one and many. */
export async function soundFiles(folder: string): Promise<SoundFile[]> {
  const made = datasets.flatMap((contract) =>
    Object.entries(makers).flatMap(([name, make]) =>
      ROWS.map((rows) => ({ dataset: contract.name, name, bytes: Buffer.from(make(contract, rows)) })),
    ),
  );
  return [...made, ...(await parquets(folder))];
}

/** What a file may be packed in, and the ending that says so. */
export const packings: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  '': (bytes) => bytes,
  '.gz': (bytes) => gzipSync(bytes),
  '.zst': (bytes) => zstdCompressSync(bytes),
};

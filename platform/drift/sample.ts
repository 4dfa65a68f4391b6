/**
 * A sample of a fetched file: its first thousand records, and of a large one some from all over. It is read beside the
 * engine: a megabyte at most, whatever the file's size, and no statement to plan.
 */
import { open } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';
import type { Contract } from '../../core/contract/model.ts';
import type { Sample } from '../../core/drift/model.ts';
import { asWritten, parseEvent } from '../../core/events/parse.ts';
import type { Engine } from '../engine/duckdb.ts';
import { openSource } from '../engine/source.ts';
import type { Fetched } from '../fetch/index.ts';
import type { Limits } from '../limits.ts';

const RECORDS = 1000;
/** Of the start of the file, and of each of the other places. */
const HEAD = 128 << 10;
const PIECE = 16 << 10;
const PLACES = 8;

type Values = (string | undefined)[];

/** Texts from the start of a file and, where it is larger, from places in it; whole lines only. */
async function* pieces(path: string, everywhere: boolean): AsyncIterable<string> {
  await using file = await open(path);
  const { size } = await file.stat();
  const read = async (at: number, bytes: number): Promise<string> => {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.min(bytes, size - at)), { position: at });
    return buffer.toString('utf8', 0, bytesRead);
  };
  const head = await read(0, HEAD);
  yield size > HEAD ? head.slice(0, head.lastIndexOf('\n') + 1) : head;
  if (!everywhere) return;
  const places = Math.min(PLACES, Math.floor((size - HEAD) / PIECE));
  for (let i = 0; i < places; i++) {
    const text = await read(HEAD + Math.floor(((size - HEAD) * i) / places), PIECE);
    yield text.slice(text.indexOf('\n') + 1, text.lastIndexOf('\n') + 1);
  }
}

/** Records of a text that starts and ends with whole ones; those that no reader can split are left out. */
function split(text: string, delimiter: string, most: number): string[][] {
  if (!text.includes('"'))
    return text
      .split(/\r?\n|\r/, most)
      .filter(Boolean)
      .map((line) => line.split(delimiter));
  const options = { delimiter, to: most, relax_column_count: true, relax_quotes: true };
  return parse(text, { ...options, skip_empty_lines: true, skip_records_with_error: true }) as string[][];
}

async function csv(file: Fetched & { format: 'csv' }): Promise<Sample> {
  const columns = file.header.map((name) => ({ name, values: [] as Values }));
  let records = 0;
  for await (const text of pieces(file.path, file.records === 'lines')) {
    const found = split(text, file.delimiter, RECORDS + 1).slice(records === 0 ? 1 : 0);
    for (const record of found.filter(({ length }) => length === columns.length)) {
      for (const [i, { values }] of columns.entries()) values.push(record[i] || undefined);
      records++;
    }
  }
  return { columns, records };
}

const textOf = (value: unknown): string | undefined => {
  const written = asWritten(value);
  if (written === null || written === undefined) return undefined;
  return typeof written === 'object' ? JSON.stringify(written) : String(written);
};

async function ndjson(file: Fetched & { format: 'ndjson' }): Promise<Sample> {
  const columns = new Map<string, Values>();
  const nested = new Set<string>();
  let records = 0;
  for await (const text of pieces(file.path, true))
    for (const line of text.split('\n', RECORDS).filter(Boolean)) {
      const event = parseEvent(line);
      if (!event) continue;
      for (const [name, value] of Object.entries(event)) {
        const values = columns.get(name) ?? [];
        columns.set(name, values);
        values[records] = textOf(value);
        if (typeof asWritten(value) === 'object' && value !== null) nested.add(name);
      }
      records++;
    }
  return {
    records,
    exact: true,
    columns: [...columns].map(([name, values]) => ({
      ...{ name, nested: nested.has(name) },
      values: Array.from({ length: records }, (_, i) => values[i]),
    })),
  };
}

async function parquet(
  file: Fetched & { format: 'parquet' },
  contract: Contract,
  engine: () => Promise<Engine>,
  limits: Limits,
): Promise<Sample> {
  return (await engine()).session(async (session) => {
    const { parts, named } = await openSource(session, contract, file, { ...limits, threads: 1 });
    const texts = named.map(({ text }) => text).join(', ');
    const rows = await session.rows(`SELECT ${texts} FROM (${parts[0]!.relation}) LIMIT ${RECORDS}`);
    return {
      records: rows.length,
      columns: named.map(({ name, text, container }) => ({
        ...{ name, nested: container !== undefined },
        values: rows.map((row) => (row[text] as string | null) ?? undefined),
      })),
    };
  });
}

/** Samples a fetched file, by its format. */
export function sampleFile(
  file: Fetched,
  contract: Contract,
  engine: () => Promise<Engine>,
  limits: Limits,
): Promise<Sample> {
  switch (file.format) {
    case 'csv':
      return csv(file);
    case 'ndjson':
      return ndjson(file);
    case 'parquet':
      return parquet(file, contract, engine, limits);
  }
}

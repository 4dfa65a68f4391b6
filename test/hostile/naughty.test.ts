/** Every naughty string, through every format and back, unchanged. */

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { contract } from '../../core/contract/contract.ts';
import { int, text } from '../../core/contract/fields.ts';
import { quote } from '../../core/contract/text.ts';
import { Engine } from '../../platform/engine/duckdb.ts';
import { bytesOf, take } from './taken.ts';

const load = createRequire(import.meta.url);
const naughty = [
  ...(load('big-list-of-naughty-strings') as string[]),
  ...[
    '\0',
    'a\0',
    '\0b',
    '\u0001',
    '\u001f',
    '\u007f',
    '\ufffe',
    '\uffff',
    '\ufeff',
    'a\r\nb',
    '\r',
    '\n',
    '"',
    '""',
    "'",
    ',',
  ],
  ...['\t', ' ', ' a ', '\u00a0', '__proto__', 'constructor', '\u{10ffff}', '\\u0000', 'x'.repeat(100_000)],
];
const rows = naughty.map((value, n) => ({ n, value }));

const strings = contract('test.naughty', {
  describe: 'Strings nobody expects.',
  row: z.object({ n: int(), value: text().optional() }),
});

let folder: string;
let engine: Engine;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wharf-naughty-'));
  engine = await Engine.open({ dir: folder, memoryMb: 300, threads: 1 });
});
afterAll(async () => {
  engine[Symbol.dispose]();
  await rm(folder, { recursive: true, force: true });
});

const json = (row: object): string => `${JSON.stringify(row)}\n`;
const ndjson = () => rows.map(json).join('');
const cell = (value: string): string => `"${value.replaceAll('"', '""')}"`;

async function parquet(): Promise<Buffer> {
  const [from, to] = [join(folder, 'rows.ndjson'), join(folder, 'rows.parquet')];
  await writeFile(from, ndjson());
  const columns = "columns = {'n': 'BIGINT', 'value': 'VARCHAR'}, format = 'newline_delimited'";
  await engine.session((s) =>
    s.run(`COPY (FROM read_json(${quote(from)}, ${columns})) TO ${quote(to)} (FORMAT parquet)`),
  );
  return readFile(to);
}

/** What XML 1.0 has no way to write. */
const unwritable = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;
const xmlText = (value: string): string => value.replace(/[<>&\r]/g, (c) => `&#${c.charCodeAt(0)};`);
const xml = () =>
  `<rows>${rows
    .filter(({ value }) => !unwritable.test(value))
    .map(({ n, value }) => `<row><n>${n}</n><value>${xmlText(value)}</value></row>`)
    .join('\n')}</rows>`;

interface Way {
  readonly name: string;
  readonly body: () => string | Promise<Buffer>;
  /** What arrives where not the string itself; undefined: it does not arrive. */
  readonly arrives?: (value: string) => string | undefined;
}

const ways: readonly Way[] = [
  { name: 'a.csv', body: () => `n,value\n${rows.map(({ n, value }) => `${n},${cell(value)}\n`).join('')}` },
  { name: 'a.tsv', body: () => `n\tvalue\n${rows.map(({ n, value }) => `${n}\t${cell(value)}\n`).join('')}` },
  { name: 'a.ndjson', body: ndjson },
  { name: 'a.json', body: () => JSON.stringify(rows, undefined, 1) },
  { name: 'holder.json', body: () => JSON.stringify({ page: 1, rows }) },
  // Blanks around text are the layout of the document.
  { name: 'a.xml', body: xml, arrives: (value) => (unwritable.test(value) ? undefined : value.trim()) },
  { name: 'a.parquet', body: parquet },
];

describe('naughty strings', () => {
  it.each(ways)('travel in $name and arrive as they left', async ({ name, body, arrives = (v) => v }) => {
    // DuckDB's client drops a byte order mark that a text begins with.
    const select = "n, '|' || value AS value";
    const taken = await take(engine, strings, name, bytesOf(await body()), { select });
    // An empty text is no value.
    const expected = rows.flatMap(({ n, value }) => {
      const arrived = arrives(value);
      return arrived === undefined ? [] : [{ n: String(n), value: arrived ? `|${arrived}` : null }];
    });
    const { reasons, refused, data, read } = taken;
    expect({ reasons, refused }).toEqual({ reasons: {}, refused: [] });
    expect(data).toEqual(expected);
    expect(read).toBe(expected.length);
  });
});

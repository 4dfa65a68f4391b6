/** Each limit of `platform/limits.ts`: what is just under it works, what is just over it has a named answer. */
import { tmpdir } from 'node:os';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { contract } from '../../core/contract/contract.ts';
import { text } from '../../core/contract/fields.ts';
import { Engine } from '../../platform/engine/duckdb.ts';
import { defaultLimits, type Limits, limits } from '../../platform/limits.ts';
import { parquetOf } from './files.ts';
import { bytesOf, take } from './taken.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await Engine.open({ dir: tmpdir(), memoryMb: 300, threads: 1 });
});
afterAll(() => engine[Symbol.dispose]());

const two = contract('test.two', {
  describe: 'Two texts.',
  row: z.object({ a: text().optional(), b: text().optional() }),
  duplicates: { rows: 'keep' },
});

/** What a file may be at most, in each format that has the limit, and what is said of one that is more. */
interface Case {
  readonly limit: keyof Limits;
  readonly file: string;
  readonly at: number;
  /** A file of which that limited is of this size. */
  readonly body: (size: number) => string | Uint8Array | Promise<Uint8Array>;
  readonly refused: string;
  /** Rows taken in of the file that is over the limit. */
  readonly left?: number;
}

const x = (n: number): string => 'x'.repeat(n);
const ok = 'a,b\n1,2\n';
const nested = (n: number): string => '['.repeat(n - 1) + ']'.repeat(n - 1);
const names = (n: number): string[] => ['a', ...Array.from({ length: n - 1 }, (_, i) => `c${i}`)];
const row = (size: number): string => `1,${x(size - 2)}`;
const json = (size: number): string => `{"a":"${x(size - 8)}"}`;

const cases: readonly Case[] = [
  ...[
    { file: 'a.csv', body: (n: number) => `${ok + x(n - ok.length - 3)},2\n` },
    { file: 'a.ndjson', body: (n: number) => `${json(n - 1)}\n` },
    { file: 'a.csv.gz', body: (n: number) => gzipSync(`${ok + x(n - ok.length - 3)},2\n`, { level: 0 }) },
  ].map((one) => ({
    ...{ ...one, limit: 'decompressedBytes' as const, at: 50_000, refused: 'too_large:decompressed' },
  })),
  ...[
    { file: 'a.csv', body: (n: number) => `a,b\n1,2\n${row(n)}\n1,2\n`, left: 2 },
    { file: 'a.csv', body: (n: number) => `a,b\n1,2\n1,"${x(n - 4)}"\n1,2\n`, left: 2 },
    { file: 'a.ndjson', body: (n: number) => `{"a":"1"}\n${json(n)}\n{"a":"1"}\n`, left: 2 },
    { file: 'a.json', body: (n: number) => `[{"a":"1"},${json(n)},{"a":"1"}]`, left: 2 },
    { file: 'holder.json', body: (n: number) => `{"rows":[{"a":"1"},${json(n)},{"a":"1"}]}`, left: 2 },
    {
      file: 'a.xml',
      body: (n: number) => `<r><s><a>1</a></s><s><a>${x(n - 8)}</a></s><s><a>1</a></s></r>`,
      left: 2,
    },
  ].map((one) => ({ ...one, limit: 'rowBytes' as const, at: 20_000, refused: 'malformed_row' })),
  {
    ...{ limit: 'rowBytes', file: 'a.parquet', at: 20_000, refused: 'too_large:row' },
    body: (n) => parquetOf(engine, `SELECT '1' AS a, repeat('x', ${n - 1}) AS b`),
  },
  ...[
    { file: 'a.csv', body: (n: number) => `${names(n).join()}\n` },
    { file: 'a.tsv', body: (n: number) => `${names(n).join('\t')}\n` },
    {
      file: 'a.parquet',
      body: (n: number) => parquetOf(engine, `SELECT ${names(n).map((name) => `'1' AS ${name}`)}`),
    },
  ].map((one) => ({ ...one, limit: 'columns' as const, at: 200, refused: 'too_many_columns:201' })),
  {
    ...{ limit: 'columns', file: 'a.ndjson', at: 200, refused: 'malformed_row', left: 1 },
    body: (n) => `{"a":"1"}\n{${names(n).map((name) => `"${name}":"1"`)}}\n`,
  },
  ...[
    { file: 'a.ndjson', body: (n: number) => `{"a":"1"}\n{"a":${nested(n)}}\n` },
    { file: 'a.json', body: (n: number) => `[{"a":"1"},{"a":${nested(n)}}]` },
  ].map((one) => ({ ...one, limit: 'nesting' as const, at: 30, refused: 'malformed_row', left: 1 })),
  {
    ...{ limit: 'nesting', file: 'a.xml', at: 30, refused: 'nesting_too_deep' },
    body: (n) => `<r><s><a>1</a></s><s>${'<b>'.repeat(n - 1)}${'</b>'.repeat(n - 1)}</s></r>`,
  },
];

describe('a limit', () => {
  it.each(cases)('$limit holds for $file', async ({ limit, file, at, body, refused, left = 0 }) => {
    const given = { ...defaultLimits, [limit]: at };
    const under = await take(engine, two, file, bytesOf(await body(at)), { limits: given });
    expect(Object.keys(under.reasons)).not.toContain(refused);
    expect(under.read).toBe(under.accepted + under.quarantined);
    const over = await take(engine, two, file, bytesOf(await body(at + 1)), { limits: given });
    expect(over).toMatchObject({ accepted: left, reasons: { [refused]: 1 } });
    if (refused === 'malformed_row') expect(over.refused).toHaveLength(1);
  });

  it('is what is configured: each has a test here or is named below', () => {
    const elsewhere = ['objectBytes', 'compressionRatio'];
    const tested = [...new Set([...cases.map(({ limit }) => limit), ...elsewhere])].sort();
    expect(tested).toEqual(Object.keys(limits.shape).sort());
  });
});

/**
 * The heart of promise 2: zod and SQL give the same verdict and the same reasons, whatever the row. Rows are drawn
 * from values that are right, nearly right and hostile, for every dataset, as JSON and as CSV.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Contract } from '../../../core/contract/model.ts';
import { judgeRow } from '../../../core/contract/row.ts';
import { datasets } from '../../../datasets/index.ts';
import { Engine } from '../../../platform/engine/duckdb.ts';
import { judge } from '../../../platform/engine/judge.ts';
import { openSource } from '../../../platform/engine/source.ts';
import type { Fetched } from '../../../platform/fetch/index.ts';
import { asText, cell, everything, evolved, rowOf } from './drawn.ts';

const ROWS = 600;
const seed = Number(process.env.WHARF_SEED ?? Date.now() % 1_000_000);

let dir: string;
let engine: Engine;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'wharf-agree-'));
  engine = await Engine.open({ dir, memoryMb: 500, threads: 2 });
});
afterAll(async () => {
  engine[Symbol.dispose]();
  await rm(dir, { recursive: true, force: true });
});

/** The reasons SQL gives, by row. A row alone is never a duplicate, so duplicates are left out. */
async function bySql(contract: Contract, file: Fetched): Promise<string[][]> {
  const c: Contract = { ...contract, duplicates: { rows: 'keep', keys: 'keep' } };
  return engine.session(async (session) => {
    const source = await openSource(session, c, file, { rowBytes: 1 << 20, threads: 1 });
    const { quarantined } = await judge(session, c, source);
    const from = quarantined
      ? 'verdicts LEFT JOIN refused USING (_row)'
      : '(SELECT _row, NULL AS reasons FROM verdicts)';
    const rows = await session.rows(`SELECT reasons FROM ${from} ORDER BY _row`);
    return rows.map(({ reasons }) => [...new Set((reasons as string[] | null) ?? [])].sort());
  });
}

const byZod = (c: Contract, row: unknown): string[] => {
  const verdict = judgeRow(c, row);
  return verdict.ok ? [] : [...verdict.reasons].sort();
};

function expectAgreement(
  c: Contract,
  rows: readonly Record<string, unknown>[],
  sql: readonly string[][],
): void {
  expect(sql).toHaveLength(rows.length);
  const differing = rows
    .map((row, i) => ({ row: JSON.stringify(row), zod: byZod(c, row), sql: sql[i] }))
    .filter(({ zod, sql: other }) => JSON.stringify(zod) !== JSON.stringify(other));
  expect({ seed, differing: differing.slice(0, 3) }).toEqual({ seed, differing: [] });
}

describe.each([everything, evolved, ...datasets].map((c) => [c.name, c] as const))('%s', (_, c) => {
  const rows = fc.sample(rowOf(c.fields), { numRuns: ROWS, seed });

  it('judges the same JSON row the same in zod and in SQL', async () => {
    const path = join(dir, `${c.name}.ndjson`);
    const known = rows.map((row) => JSON.parse(JSON.stringify(row)) as Record<string, unknown>);
    await writeFile(path, known.map((row) => `${JSON.stringify(row)}\n`).join(''));
    const file = { format: 'ndjson', path, lines: 'native', bytes: 0, sha256: '' } as unknown as Fetched;
    expectAgreement(c, known, await bySql(c, file));
  });

  it('judges the same CSV row the same in zod and in SQL', async () => {
    const path = join(dir, `${c.name}.csv`);
    const names = c.fields.map((f) => f.name);
    const lines = rows.map((row) => names.map((name) => cell(row[name])).join(','));
    await writeFile(path, `${names.join(',')}\n${lines.join('\n')}\n`);
    const texts = rows.map((row) => Object.fromEntries(names.map((name) => [name, asText(row[name])])));
    const file = {
      format: 'csv',
      path,
      delimiter: ',',
      header: names,
      quote: '"',
      encoding: 'utf-8',
      bytes: 0,
      sha256: '',
    };
    expectAgreement(c, texts, await bySql(c, file as unknown as Fetched));
  });

  it('draws both accepted and refused rows', () => {
    const verdicts = new Set(
      fc.sample(rowOf(c.fields), { numRuns: 3000, seed }).map((row) => judgeRow(c, row).ok),
    );
    expect(verdicts).toContain(false);
  });
});

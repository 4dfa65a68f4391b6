import { describe, expect, it } from '@jest/globals';
import { judgeRow } from '../../../core/contract/row.ts';
import { generateRows, generateText } from '../../../core/generate/generate.ts';
import { datasets } from '../../../datasets/index.ts';

describe.each(datasets.map((c) => [c.name, c] as const))('made-up %s', (_, contract) => {
  it('is accepted where no defects are asked for', () => {
    const refused = [...generateRows(contract, { rows: 300 })]
      .map((row) => judgeRow(contract, row))
      .filter((v) => !v.ok);
    expect(refused).toEqual([]);
  });

  it('never repeats a key', () => {
    const keys = [...generateRows(contract, { rows: 300 })].map((row) =>
      JSON.stringify(contract.key.map((k) => row[k])),
    );
    expect(new Set(keys).size).toBe(contract.key.length ? 300 : 1);
  });

  it('holds refused rows where defects are asked for', () => {
    const verdicts = [...generateRows(contract, { rows: 300, defects: 0.3 })].map(
      (row) => judgeRow(contract, row).ok,
    );
    expect(verdicts.filter((ok) => !ok).length).toBeGreaterThan(20);
  });
});

it('gives the same text for the same seed, and another for another', () => {
  const text = (seed: number) =>
    [...generateText(datasets[0]!, { rows: 50, seed, defects: 0.1, format: 'csv' })].join('');
  expect(text(7)).toBe(text(7));
  expect(text(7)).not.toBe(text(8));
});

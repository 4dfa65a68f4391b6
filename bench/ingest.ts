/** How much does judging cost over bare writing, and over a loop row by row? And how much memory? */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { generateText } from '../core/generate/generate.ts';
import { dataset } from '../datasets/index.ts';
import { type Line, median, onlineRetail, withFolder } from './support.ts';

interface Ran {
  readonly ms: number[];
  readonly rows: number;
  readonly memoryMb: number;
}

async function ran(way: string, csv: string, runs: number): Promise<Ran> {
  const program = join(import.meta.dirname, 'ways.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [program, way, csv, String(runs)]);
  return JSON.parse(stdout) as Ran;
}

const peers = ['bare', 'same'] as const;

/** Processes of all in turn, so that a machine's moods hit all; the first run of each warms up. */
async function against(csv: string, rounds: number, runs: number) {
  const times: Record<'wharf' | (typeof peers)[number], number[]> = { wharf: [], bare: [], same: [] };
  const ratios: Record<(typeof peers)[number], number[]> = { bare: [], same: [] };
  const warm = async (way: string): Promise<number> => median((await ran(way, csv, runs)).ms.slice(1));
  for (let i = 0; i < rounds; i++) {
    const ours = await warm('wharf');
    times.wharf.push(ours);
    for (const peer of peers) {
      const theirs = await warm(peer);
      times[peer].push(theirs);
      ratios[peer].push(ours / theirs);
    }
  }
  // Memory of a process that does the job once: an allocator keeps what it had, so more runs show more.
  const { memoryMb, rows } = await ran('wharf', csv, 1);
  const over = (peer: (typeof peers)[number]): string =>
    `${median(ratios[peer]).toFixed(2)} × (${median(times[peer]).toFixed(0)} ms)`;
  return { wharf: median(times.wharf), over, memoryMb, rows };
}

const rate = (rows: number, ms: number): string =>
  `${Math.round(rows / ms).toLocaleString('en-GB')} K rows/s`;

async function compare(csv: string, targets: { ratio?: string; memory: string }): Promise<Line[]> {
  const { wharf, over, memoryMb, rows } = await against(csv, 3, 4);
  const size = rows.toLocaleString('en-GB');
  return [
    {
      question: `${size}-row CSV: fetch, judge, write`,
      result: `${wharf.toFixed(0)} ms, ${rate(rows, wharf)}`,
    },
    {
      question: '… over bare DuckDB (typed, by month)',
      result: over('bare'),
      target: targets.ratio,
    },
    ...(targets.ratio
      ? [{ question: '… over DuckDB that hashes the content and drops what is twice', result: over('same') }]
      : []),
    { question: '… peak memory of the process', result: `${memoryMb} MB`, target: targets.memory },
  ];
}

/** The cost of a row by the size of the file it comes in. */
async function flatness(dir: string): Promise<Line> {
  const contract = dataset('onlineretail.invoice_lines');
  const costs: string[] = [];
  for (const rows of [10_000, 100_000, 1_000_000]) {
    const csv = join(dir, `generated-${rows}.csv`);
    await writeFile(csv, generateText(contract, { rows, seed: 1, format: 'csv' }));
    const { ms } = await ran('wharf', csv, 4);
    costs.push(`${((median(ms.slice(1)) * 1e6) / rows).toFixed(0)}`);
  }
  return {
    question: 'Nanoseconds a row at 10 thousand, 100 thousand, 1 million rows',
    result: costs.join(', '),
  };
}

export async function ingestBench(): Promise<Line[]> {
  return withFolder(async (dir) => {
    const csv = await onlineRetail(dir);
    const series = await flatness(dir);
    if (!csv) return [{ question: 'Online Retail', result: 'left out: ../shared/data is not here' }, series];
    const lines = await compare(csv, { ratio: '≤ 1.6 ×', memory: '< 450 MB' });
    const large = await compare((await onlineRetail(dir, 10))!, { memory: '< 700 MB' });
    const [ours, loop] = [await ran('wharf', csv, 3), await ran('rows', csv, 1)];
    const faster = loop.ms[0]! / median(ours.ms.slice(1));
    return [
      ...lines,
      {
        question: '… against zod + parquetjs-lite, row by row',
        result: `${faster.toFixed(0)} × faster (${(loop.ms[0]! / 1000).toFixed(1)} s)`,
        target: '≥ 12 ×',
      },
      ...large,
      series,
    ];
  });
}

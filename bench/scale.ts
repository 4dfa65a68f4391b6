/** What becomes of throughput, snapshots, metadata and memory from few rows to many, and from few files to many? */
import { execFile } from 'node:child_process';
import { statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Landed } from './scale-run.ts';
import { type Line, size } from './support.ts';

interface Size {
  readonly files: number;
  /** Of each file. */
  readonly rows: number;
  /** Left out where not everything is asked for. */
  readonly full?: true;
  readonly target?: string;
}

/** A million rows are a file of 90 MB: fifty of them are what a large chain has in a month. */
const sizes: readonly Size[] = [
  { files: 1, rows: 10_000 },
  { files: 1, rows: 100_000 },
  { files: 1, rows: 1_000_000 },
  { files: 10, rows: 1_000_000, full: true },
  { files: 50, rows: 1_000_000, full: true },
  { files: 100, rows: 100 },
  { files: 1000, rows: 100, target: '≥ 40 files/s, ≤ 120 snapshots' },
  { files: 10_000, rows: 100, full: true },
];

/** Bytes on disk for a row, in the landing zone and in the lake. */
const ROW_BYTES = 150;

async function run({ files, rows }: Size): Promise<Landed> {
  const { bavail, bsize } = await statfs(tmpdir());
  const needed = files * rows * ROW_BYTES;
  if (bavail * bsize < 2 * needed)
    throw new Error(`${tmpdir()} has not the ${size(2 * needed)} that ${files} files of ${rows} rows need`);
  const program = join(import.meta.dirname, 'scale-run.ts');
  const args = ['--no-warnings', program, String(files), String(rows)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as Landed;
}

const number = (n: number): string => Math.round(n).toLocaleString('en-GB');

/** Each size in a process of its own, which is the whole cloud: its memory is S3's as well. */
export async function scaleBench({ full }: { readonly full: boolean }): Promise<Line[]> {
  const lines: Line[] = [];
  for (const one of sizes.filter((s) => full || !s.full)) {
    const { ms, snapshots, metadataBytes, memoryMb } = await run(one);
    const rows = one.files * one.rows;
    const speed =
      one.rows > 100
        ? `${number(rows / (ms / 1000))} rows/s, ${number((ms * 1e6) / rows)} ns a row`
        : `${number(one.files / (ms / 1000))} files/s`;
    lines.push({
      question: `${number(one.files)} × ${number(one.rows)} rows through the local cloud`,
      result: `${(ms / 1000).toFixed(1)} s, ${speed}; ${snapshots} snapshots, metadata ${size(metadataBytes)}; peak ${memoryMb} MB`,
      target: one.target,
    });
    if (process.env.WHARF_BENCH_TELL) console.error(lines.at(-1));
  }
  return lines;
}

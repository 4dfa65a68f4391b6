/** Cuts a large text file into parts that end where a record ends, so that they can be read side by side. */
import { createReadStream } from 'node:fs';
import { open, stat, truncate } from 'node:fs/promises';

export interface Piece {
  readonly path: string;
  /** Whether this is the piece with the file's start, and so the header. */
  readonly first: boolean;
}

export interface Cutting {
  /** Into so many pieces. */
  readonly threads: number;
  /** Below this size reading side by side costs more than it gains. @default 4 MB */
  readonly worthCutting?: number;
}

const CHUNK = 1 << 20;
const LINE_END = 10;

async function countBytes(path: string, byte: number, end: number): Promise<number> {
  let count = 0;
  for await (const chunk of createReadStream(path, {
    end: end - 1,
    highWaterMark: CHUNK,
  }) as AsyncIterable<Buffer>)
    for (let at = chunk.indexOf(byte); at !== -1; at = chunk.indexOf(byte, at + 1)) count++;
  return count;
}

/** The first offset at or after `from` that follows a line end outside quotes; -1: none. */
async function recordStart(path: string, from: number, quote: string | undefined): Promise<number> {
  const mark = quote?.charCodeAt(0);
  let quoted = mark !== undefined && (await countBytes(path, mark, from)) % 2 === 1;
  let offset = from;
  for await (const chunk of createReadStream(path, {
    start: from,
    highWaterMark: CHUNK,
  }) as AsyncIterable<Buffer>) {
    for (let i = 0; i < chunk.length; i++) {
      if (chunk[i] === mark) quoted = !quoted;
      else if (chunk[i] === LINE_END && !quoted) return offset + i + 1;
    }
    offset += chunk.length;
  }
  return -1;
}

async function copyRange(from: string, to: string, start: number, end: number): Promise<void> {
  await using source = await open(from);
  await using target = await open(to, 'w');
  const buffer = Buffer.allocUnsafe(CHUNK);
  for (let at = start; at < end; ) {
    const { bytesRead } = await source.read(buffer, 0, Math.min(CHUNK, end - at), at);
    await target.writeFile(buffer.subarray(0, bytesRead));
    at += bytesRead;
  }
}

/**
 * Cuts the file at `path` into up to `count` pieces of about the same size. The first piece keeps the path; the
 * others are moved to files beside it.
 * @param quote the character that can hide a line end; absent for formats where each line is a record
 */
export async function cutAtRecords(
  path: string,
  { threads: count, worthCutting = 4 << 20 }: Cutting,
  quote?: string,
): Promise<Piece[]> {
  const whole: Piece = { path, first: true };
  const { size } = await stat(path);
  if (count < 2 || size < worthCutting) return [whole];
  const starts: number[] = [];
  for (let i = 1; i < count; i++) {
    const start = await recordStart(
      path,
      Math.max(Math.floor((size * i) / count), starts.at(-1) ?? 0),
      quote,
    );
    if (start > 0 && start < size && start !== starts.at(-1)) starts.push(start);
  }
  const pieces = [whole];
  for (const [i, start] of starts.entries()) {
    const piece = `${path}.${i + 1}`;
    const end = starts[i + 1] ?? size;
    await copyRange(path, piece, start, end);
    pieces.push({ path: piece, first: false });
  }
  if (starts[0] !== undefined) await truncate(path, starts[0]);
  return pieces;
}

/** Gives sightings the physical line of their file, where it can be known exactly: by reading what landed once more. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { namesInFiles } from '../core/contract/contract.ts';
import type { Contract } from '../core/contract/model.ts';
import { isReplay } from '../core/delivery/key.ts';
import type { Delivery } from '../core/delivery/model.ts';
import { fetchFile } from './fetch/index.ts';
import { type Located, locate } from './fetch/lines.ts';
import { defaultLimits } from './limits.ts';
import type { ObjectStore } from './objects.ts';
import type { Sighting } from './trace.ts';

/** Larger files are not read again for the sake of a line. */
const MOST_BYTES = 256 << 20;

interface LineDeps {
  readonly objects: ObjectStore;
  /** Folder for files in the making. */
  readonly tmp: string;
}

/** Fills in `line`. What is not certain is left out: the object is gone or another, or was counted otherwise. */
export async function withLines(
  found: readonly Sighting[],
  contract: Contract,
  deps: LineDeps,
): Promise<Sighting[]> {
  const known = new Map<string, ReadonlyMap<number, number>>();
  for (const [delivery, of] of Map.groupBy(found, (one) => one.delivery)) {
    const [{ entry }] = of as [Sighting];
    const rows = new Set(of.flatMap(({ row, line }) => (row !== null && line === undefined ? [row] : [])));
    if (entry && rows.size > 0 && isReadable(entry))
      known.set(delivery, await read(entry, rows, contract, deps));
  }
  return found.map((one) => {
    const line = one.row === null ? one.line : known.get(one.delivery)?.get(one.row);
    return line === undefined ? one : { ...one, line };
  });
}

/** Posted events and replays are no files of anybody's. */
const isReadable = ({ engine, key, bytes }: Delivery): boolean =>
  engine === 'duckdb' && !isReplay(key) && bytes <= MOST_BYTES;

const NONE: ReadonlyMap<number, number> = new Map();

async function read(
  entry: Delivery,
  rows: ReadonlySet<number>,
  contract: Contract,
  { objects, tmp }: LineDeps,
): Promise<ReadonlyMap<number, number>> {
  const object = await objects.open(entry.bucket, entry.key, entry.version);
  if (!object) return NONE;
  await mkdir(tmp, { recursive: true });
  const dir = await mkdtemp(join(tmp, 'trace-'));
  try {
    const options = { name: basename(entry.key), dir, limits: defaultLimits };
    const known = new Set(namesInFiles(contract));
    const fetched = await fetchFile(object.body, { ...options, known });
    if (!fetched.ok || fetched.file.sha256 !== entry.sha256) return NONE;
    const located = await locate(fetched.file, rows);
    return located && agrees(located, entry) ? located.lines : NONE;
  } finally {
    object.body.destroy();
    await rm(dir, { recursive: true, force: true });
  }
}

/** Whether as many records and as many lines that are none were seen as when the file was judged. */
function agrees({ counted }: Located, { read, reasons }: Delivery): boolean {
  const { malformed_row: malformed = 0 } = reasons;
  return !counted || (counted.records === read - malformed && counted.malformed === malformed);
}

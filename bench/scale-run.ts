/**
 * Lands made-up files through the local cloud in a process of its own: `node bench/scale-run.ts FILES ROWS` prints what
 * {@link Landed} says, as JSON.
 */
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Landing, landFiles } from '../cli/deliveries.ts';
import { openInstallation } from '../cli/installation.ts';
import { balanced } from '../core/delivery/books.ts';
import { generateText } from '../core/generate/generate.ts';
import { loadTable } from '../core/lake/table.ts';
import { dataset } from '../datasets/index.ts';
import { time, withFolder } from './support.ts';

export interface Landed {
  /** Of landing, until every delivery is closed; making the files is not in it. */
  readonly ms: number;
  readonly snapshots: number;
  readonly metadataBytes: number;
  readonly memoryMb: number;
}

/** Rows of the files that stand on disk beside the landing zone at a time; as many small files as there are. */
const AT_A_TIME = 5_000_000;

const [files = 0, rows = 0] = process.argv.slice(2).map(Number);
const contract = dataset('retailos.transactions');

async function made(dir: string, seed: number): Promise<Landing> {
  const file = join(dir, `t${seed}.csv`);
  const text = generateText(contract, { rows, seed, format: 'csv' });
  await pipeline(Readable.from(text), createWriteStream(file));
  return { dataset: contract.name, file };
}

await withFolder(async (dir) => {
  await using installation = await openInstallation(join(dir, 'state'));
  let ms = 0;
  const batch = Math.ceil(AT_A_TIME / rows);
  for (let from = 1; from <= files; from += batch) {
    const landings: Landing[] = [];
    for (let seed = from; seed < Math.min(from + batch, files + 1); seed++)
      landings.push(await made(dir, seed));
    ms += await time(async () => {
      const closed = await landFiles(installation, landings);
      const wrong = closed.find((d) => d.state !== 'committed' || d.read !== rows || !balanced(d));
      if (wrong) throw new Error(`${wrong.key} is ${wrong.state}, with ${wrong.read} rows`);
    });
    await Promise.all(landings.map(({ file }) => rm(file)));
  }
  const { path, metadata } = (await loadTable(installation.catalog, installation.objects, contract.name))!;
  const landed: Landed = {
    ms,
    snapshots: metadata['last-sequence-number'],
    metadataBytes: (await installation.objects.read(path)).length,
    memoryMb: Math.round(process.resourceUsage().maxRSS / 1024),
  };
  console.log(JSON.stringify(landed));
});

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { dataset, datasets } from '../../datasets/index.ts';
import { type Compacted, compactDataset } from '../../platform/compact/compact.ts';
import { Engine } from '../../platform/engine/duckdb.ts';
import { useInstallation } from '../installation.ts';
import { exit, type GlobalOptions, number, print, printJson, table } from '../output.ts';

/** Rewrites small files of events as few large ones. */
export async function compact(name: string | undefined, options: GlobalOptions): Promise<number> {
  const contracts = name ? [dataset(name)] : datasets;
  await using installation = await useInstallation(options.state);
  const tmp = join(options.state, 'compact', String(process.pid));
  using _ = { [Symbol.dispose]: () => rmSync(tmp, { recursive: true, force: true }) };
  // One thread: of several, each would write a file of its own.
  using engine = await Engine.open({ dir: tmp, memoryMb: 1000, threads: 1 });
  const found: Compacted[] = [];
  for (const contract of contracts)
    found.push(
      ...(await compactDataset(contract, {
        ...installation,
        engine: async () => engine,
        lakeBucket: installation.buckets.lake!,
        tmp,
        now: () => new Date(),
      })),
    );
  const done = found.filter(({ before }) => before > 0);
  if (options.json) printJson(done);
  else if (done.length === 0) print('Nothing to compact: no partition has enough small files of events.');
  else {
    const rows = done.map((one) => [one.table, one.before, one.after, number(one.rows)]);
    print(table(['table', 'files before', 'after', 'rows'], rows, ['files before', 'after', 'rows']));
  }
  return exit.done;
}

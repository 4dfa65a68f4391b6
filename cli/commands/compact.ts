import { dataset, datasets } from '../../datasets/index.ts';
import { type Compacted, compactDataset } from '../../platform/compact/compact.ts';
import { backfillApproved } from '../../platform/drift/backfill.ts';
import { withCompactor } from '../compactor.ts';
import { useInstallation } from '../installation.ts';
import { exit, type GlobalOptions, number, print, printJson, table } from '../output.ts';

/** Rewrites small files of events as few large ones. */
export async function compact(name: string | undefined, options: GlobalOptions): Promise<number> {
  const contracts = name ? [dataset(name)] : datasets;
  await using installation = await useInstallation(options.state);
  const found = await withCompactor(installation, options.state, async (deps) => {
    const all: Compacted[] = [];
    for (const contract of contracts) {
      await backfillApproved(contract, { ...installation, ...deps });
      all.push(...(await compactDataset(contract, deps)));
    }
    return all;
  });
  const done = found.filter(({ before }) => before > 0);
  if (options.json) printJson(done);
  else if (done.length === 0) print('Nothing to compact: no partition has enough small files of events.');
  else {
    const rows = done.map((one) => [one.table, one.before, one.after, number(one.rows)]);
    print(table(['table', 'files before', 'after', 'rows'], rows, ['files before', 'after', 'rows']));
  }
  return exit.done;
}

import { dataset, datasets } from '../../datasets/index.ts';
import type { Compacted } from '../../platform/compact/compact.ts';
import { tend } from '../../platform/compact/tend.ts';
import { withCompactor } from '../compactor.ts';
import { useInstallation } from '../installation.ts';
import { exit, type GlobalOptions, note, number, print, printJson, table } from '../output.ts';

/** Has the tables tended: early rows get values of columns that were approved later, small files of events become few. */
export async function compact(name: string | undefined, options: GlobalOptions): Promise<number> {
  const contracts = name ? [dataset(name)] : datasets;
  await using installation = await useInstallation(options.state);
  const { all, backfilled } = await withCompactor(installation, options.state, async (deps) => {
    const all: Compacted[] = [];
    let backfilled = 0;
    for (const contract of contracts) {
      const tended = await tend(contract, deps);
      all.push(...tended.compacted);
      backfilled += tended.backfilled.rows;
    }
    return { all, backfilled };
  });
  if (backfilled > 0)
    note(`${number(backfilled)} earlier rows have the values of columns that were approved since.`);
  const done = all.filter(({ before }) => before > 0);
  if (options.json) printJson(done);
  else if (done.length === 0) print('Nothing to compact: no partition has enough small files of events.');
  else {
    const rows = done.map((one) => [one.table, one.before, one.after, number(one.rows)]);
    print(table(['table', 'files before', 'after', 'rows'], rows, ['files before', 'after', 'rows']));
  }
  return exit.done;
}

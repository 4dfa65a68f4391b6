import { basename } from 'node:path';
import { WharfError } from '../../core/errors.ts';
import { dataset } from '../../datasets/index.ts';
import { requireFiles } from '../arguments.ts';
import { deliveryJson, landFiles, printDeliveries } from '../deliveries.ts';
import { useInstallation } from '../installation.ts';
import { exit, type GlobalOptions, print, printJson } from '../output.ts';

/** Two files of one name would land under one key: the second would replace the first. */
function requireNames(files: readonly string[]): void {
  for (const [name, same] of Map.groupBy(files, (file) => basename(file)))
    if (same.length > 1)
      throw new WharfError(`${same.length} files are called "${name}": ${same.join(', ')}`, {
        code: 'land.same_name',
        route: 'usage',
        fix: 'Nothing was landed; rename them, since a file replaces an earlier one of its name',
      });
}

/** Lands files of one dataset, waits, and reports. */
export async function land(name: string, files: readonly string[], options: GlobalOptions): Promise<number> {
  const { name: found } = dataset(name);
  await requireFiles(files);
  requireNames(files);
  await using installation = await useInstallation(options.state);
  const deliveries = await landFiles(
    installation,
    files.map((file) => ({ dataset: found, file })),
  );
  if (options.json) printJson(deliveries.map(deliveryJson));
  else {
    printDeliveries(deliveries);
    if (deliveries.some(({ quarantined }) => quarantined > 0))
      print(`\nEach refused row and why:  npx wharf quarantine ${found}`);
    if (deliveries.some(({ state }) => state === 'held'))
      print(
        `\nIts columns changed: nothing of it is taken in before that is approved:  npx wharf drift list`,
      );
  }
  if (deliveries.some(({ state }) => state === 'failed')) return exit.failed;
  const refused = deliveries.some(
    ({ state, quarantined }) => state === 'refused' || state === 'held' || quarantined > 0,
  );
  return options.strict && refused ? exit.refused : exit.done;
}

import { access } from 'node:fs/promises';
import { WharfError } from '../../core/errors.ts';
import { dataset } from '../../datasets/index.ts';
import { deliveryJson, landFiles, printDeliveries } from '../deliveries.ts';
import { openInstallation } from '../installation.ts';
import { exit, type GlobalOptions, printJson } from '../output.ts';

/** Lands files of one dataset, waits, and reports. */
export async function land(name: string, files: readonly string[], options: GlobalOptions): Promise<number> {
  const { name: found } = dataset(name);
  for (const file of files)
    await access(file).catch(() => {
      throw new WharfError(`There is no file "${file}"`, {
        code: 'file.missing',
        route: 'usage',
        fix: 'Nothing was landed; check the path',
      });
    });
  await using installation = await openInstallation(options.state);
  const deliveries = await landFiles(
    installation,
    files.map((file) => ({ dataset: found, file })),
  );
  if (options.json) printJson(deliveries.map(deliveryJson));
  else printDeliveries(deliveries);
  if (deliveries.some(({ state }) => state === 'failed')) return exit.failed;
  const refused = deliveries.some(({ state, quarantined }) => state === 'refused' || quarantined > 0);
  return options.strict && refused ? exit.refused : exit.done;
}

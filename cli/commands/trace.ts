/** `wharf trace`: where a row came from. */
import { dataset } from '../../datasets/index.ts';
import { asApproved } from '../../platform/drift/registry.ts';
import { readWanted, type Sighting, trace } from '../../platform/trace.ts';
import { useInstallation } from '../installation.ts';
import { exit, type GlobalOptions, print, printJson, table } from '../output.ts';

export async function traceRow(
  name: string,
  key: readonly string[],
  options: GlobalOptions,
): Promise<number> {
  const base = dataset(name);
  await using installation = await useInstallation(options.state);
  const contract = await asApproved(base, installation.drift);
  const wanted = readWanted(contract, key);
  const found = await trace(contract, wanted, installation);
  if (options.json) printJson(found.map(json));
  else if (found.length === 0) print(`${contract.name} has no such row, and refused none that says so.`);
  else {
    const heads = ['', 'delivery', 'file', 'row', 'landed', 'why', 'came of', 'replayed by'];
    print(table(heads, found.map(cells), ['row']));
  }
  return exit.done;
}

const json = ({ entry, ...sighting }: Sighting) => ({
  ...sighting,
  ...(entry && {
    ...{ bucket: entry.bucket, key: entry.key, version: entry.version, landed_at: entry.landed_at },
    ...{ state: entry.state, snapshot: entry.snapshot, taken: entry.taken },
    origin: entry.origin,
    replays: entry.replays,
  }),
});

const cells = ({ as, delivery, row, line, reasons, entry }: Sighting): unknown[] => [
  as,
  delivery,
  entry?.key.replace(/^landing\//, ''),
  row ?? `line ${line}`,
  entry?.landed_at.slice(0, 19).replace('T', ' '),
  reasons?.join('\n'),
  entry?.origin?.join('\n'),
  entry?.replays?.join('\n'),
];

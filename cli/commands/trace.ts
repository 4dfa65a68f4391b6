/** `wharf trace`: where a row came from. */
import { dataset } from '../../datasets/index.ts';
import { asApproved } from '../../platform/drift/registry.ts';
import { readWanted, type Sighting, trace } from '../../platform/trace.ts';
import { withLines } from '../../platform/trace-lines.ts';
import { useInstallation } from '../installation.ts';
import { exit, type GlobalOptions, print, printJson, table } from '../output.ts';
import { scratch } from '../scratch.ts';

export async function traceRow(
  name: string,
  key: readonly string[],
  options: GlobalOptions,
): Promise<number> {
  const base = dataset(name);
  await using installation = await useInstallation(options.state);
  const contract = await asApproved(base, installation.drift);
  const wanted = readWanted(contract, key);
  const sighted = await trace(contract, wanted, installation);
  using folder = scratch(options.state, 'trace');
  const found = await withLines(sighted, contract, { ...installation, tmp: folder.path });
  if (options.json) printJson(found.map(json));
  else if (found.length === 0) print(`${contract.name} has no such row, and refused none that says so.`);
  else {
    const heads = ['', 'delivery', 'file', 'row', 'line', 'landed', 'why', 'came of', 'became'];
    print(table(heads, found.map(cells), ['row', 'line']));
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

/** What was built from it: an accepted row is in a snapshot; a refused one is open, or was released. */
const became = ({ status, released_by, entry }: Sighting): string | undefined =>
  status ? [status, released_by && `by ${released_by}`].filter(Boolean).join(' ') : entry?.snapshot;

const cells = (sighting: Sighting): unknown[] => {
  const { as, delivery, row, line, reasons, entry } = sighting;
  return [
    ...[as, delivery, entry?.key.replace(/^landing\//, ''), row, line],
    entry?.landed_at.slice(0, 19).replace('T', ' '),
    ...[reasons?.join('\n'), entry?.origin?.join('\n')],
    became(sighting),
  ];
};

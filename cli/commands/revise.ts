/** `wharf undo` and `wharf rollback`: asked of the committer, waited for, and told with the books. */
import { userInfo } from 'node:os';
import { WharfError } from '../../core/errors.ts';
import { parseMoment, snapshotAt } from '../../core/lake/history.ts';
import { loadTable } from '../../core/lake/table.ts';
import type { Asked, Revision } from '../../core/revision/model.ts';
import { dataset } from '../../datasets/index.ts';
import { setApart } from '../../platform/compact/set-apart.ts';
import { asApproved } from '../../platform/drift/registry.ts';
import { askRevision } from '../../platform/revisions/ask.ts';
import { entriesOf } from '../../platform/revisions/entries.ts';
import { undoable, withReplays } from '../../platform/revisions/undoable.ts';
import { withCompactor } from '../compactor.ts';
import { confirm } from '../confirm.ts';
import { deliveryJson, printDeliveries } from '../deliveries.ts';
import { type Installation, useInstallation } from '../installation.ts';
import { exit, type GlobalOptions, number, print, printJson } from '../output.ts';

type Options = GlobalOptions & { readonly reason?: string; readonly yes?: boolean };

/** Takes a delivery out of its tables. */
export async function undo(
  id: string,
  options: Options & { readonly withReplays?: boolean },
): Promise<number> {
  await using installation = await useInstallation(options.state);
  const find = (delivery: string) => installation.ledger.get(delivery);
  const entry = await undoable(id, find);
  const deliveries = options.withReplays ? await withReplays(entry, find) : [id];
  const rows = `${number(entry.accepted)} rows and ${number(entry.quarantined)} refused ones leave ${entry.dataset}`;
  const more = deliveries.length > 1 ? `, and those of ${deliveries.length - 1} replays` : '';
  const back = entry.replaces
    ? `; those of ${entry.replaces.join(', ')} come back if they are still kept`
    : '';
  await confirm(`${rows}${more}${back}`, options);
  // Awaited here: the installation closes when this function returns.
  return await revise(entry.dataset, { what: 'undo', deliveries }, installation, options);
}

/** Takes the tables of a dataset back to a moment. */
export async function rollback(name: string, options: Options & { readonly to: string }): Promise<number> {
  const contract = dataset(name);
  const moment = parseMoment(options.to);
  await using installation = await useInstallation(options.state);
  const base = await loadTable(installation.catalog, installation.objects, contract.name);
  if (!base)
    throw new WharfError(`${contract.name} has no table yet`, {
      code: 'rollback.no_table',
      route: 'usage',
      fix: 'Land a file first: there is nothing to take back',
    });
  const target = snapshotAt(base.metadata, moment, contract.name);
  const at = new Date(target['timestamp-ms']).toISOString();
  const rows = number(target.summary['total-records']);
  await confirm(`${contract.name} becomes what it was at ${at}, with ${rows} rows`, options);
  const to = String(target['snapshot-id']);
  return await revise(contract.name, { what: 'rollback', to }, installation, options);
}

async function revise(
  of: string,
  asked: Asked,
  installation: Installation,
  { reason, json, state: folder }: Options,
): Promise<number> {
  const request = { dataset: of, asked, by: userInfo().username, ...(reason && { reason }) };
  const { state, why, outcome, ...revision } = await have(request, installation, folder);
  if (state === 'refused' || !outcome)
    throw new WharfError(why?.message ?? 'It could not be done', { code: why?.code ?? 'revision.refused' });
  const find = (ids: readonly string[]) => Array.fromAsync(entriesOf(ids, installation.ledger));
  const [out, back] = await Promise.all([find(outcome.out), find(outcome.back)]);
  if (json)
    printJson({ ...revision, state, outcome, out: out.map(deliveryJson), back: back.map(deliveryJson) });
  else {
    if (out.length > 0) printDeliveries(out, 'listed');
    if (back.length > 0) {
      print('\nBack in the tables:');
      printDeliveries(back, 'listed');
    }
    for (const lost of outcome.lost ?? [])
      print(`\n${lost}, which it had replaced, is no longer kept or has landed elsewhere: it stays out.`);
    const counts = `${number(outcome.outs)} deliveries out, ${number(outcome.backs)} back`;
    print(`\n${counts}. To take this back: npx wharf history ${of}, then npx wharf rollback`);
  }
  return exit.done;
}

/** How often deliveries are set apart that compaction may put together again meanwhile. */
const TRIES = 3;

/** Has a revision done: where rows share files with those of others, once they are set apart. */
async function have(
  request: Pick<Revision, 'dataset' | 'asked' | 'by' | 'reason'>,
  installation: Installation,
  folder: string,
  tries = TRIES,
): Promise<Revision> {
  const { id } = await askRevision(request, { ...installation, now: () => new Date() });
  const revision = await ended(id, installation);
  const { asked } = revision;
  if (revision.why?.code !== 'undo.compacted' || asked.what !== 'undo' || tries === 0) return revision;
  await withCompactor(installation, folder, async (deps) =>
    setApart(await asApproved(dataset(request.dataset), deps.drift), asked.deliveries, deps),
  );
  return have(request, installation, folder, tries - 1);
}

/** How often it is looked whether the committer is done. */
const LOOK_MS = 50;

async function ended(id: string, { revisions }: Installation): Promise<Revision> {
  for (;;) {
    const revision = await revisions.get(id);
    if (revision && revision.state !== 'asked') return revision;
    await new Promise((wake) => setTimeout(wake, LOOK_MS));
  }
}

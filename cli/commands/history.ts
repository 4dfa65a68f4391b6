/** `wharf history`: what changed a table, as far as its snapshots are kept. */

import { history, type Moment } from '../../core/lake/history.ts';
import { loadTable } from '../../core/lake/table.ts';
import type { Revision } from '../../core/revision/model.ts';
import { dataset } from '../../datasets/index.ts';
import { quarantineTable } from '../../platform/ingest/schemas.ts';
import { useInstallation } from '../installation.ts';
import { exit, type GlobalOptions, number, pc, print, printJson, table } from '../output.ts';

export async function showHistory(
  name: string,
  options: GlobalOptions & { readonly limit: number; readonly quarantine?: boolean },
): Promise<number> {
  const contract = dataset(name);
  await using installation = await useInstallation(options.state);
  const { catalog, objects, revisions } = installation;
  const of = options.quarantine ? quarantineTable(contract.name) : contract.name;
  const base = await loadTable(catalog, objects, of);
  const moments = (base ? history(base.metadata) : []).slice(0, options.limit);
  const asked = new Map<string, Revision>();
  if (moments.some(({ revision }) => revision !== undefined))
    for await (const revision of revisions.list(contract.name)) asked.set(revision.id, revision);
  const told = moments.map((moment) => ({
    ...moment,
    revision: asked.get(moment.revision ?? '') ?? moment.revision ?? null,
  }));
  if (options.json) printJson(told);
  else if (moments.length === 0) print(`${of} has no table yet: land a file first.`);
  else {
    show(moments, asked);
    if (moments.some(({ gap }, i) => gap && i < moments.length - 1))
      print(pc.dim('… = commits before it are no longer kept one by one'));
  }
  return exit.done;
}

const heads = ['time', 'snapshot', 'what', 'rows in', 'rows out', 'rows', 'deliveries', 'schema'];

function show(moments: readonly Moment[], asked: ReadonlyMap<string, Revision>): void {
  const rows = moments.map((m) => [
    `${m.at.slice(0, 19).replace('T', ' ')}${m.gap ? ' …' : ''}`,
    m.snapshot,
    what(m, asked.get(m.revision ?? '')),
    number(m.added),
    number(m.removed),
    number(m.total),
    brief(m.deliveries),
    m.schema,
  ]);
  print(table(heads, rows, ['rows in', 'rows out', 'rows', 'schema']));
}

const what = ({ operation }: Moment, revision: Revision | undefined): string =>
  revision
    ? `${revision.asked.what} by ${revision.by}${revision.reason ? `: ${revision.reason}` : ''}`
    : operation;

/** How many of a snapshot's deliveries are named. */
const FEW = 3;

const brief = (deliveries: readonly string[]): string =>
  [
    ...deliveries.slice(0, FEW),
    ...(deliveries.length > FEW ? [`+${deliveries.length - FEW} more`] : []),
  ].join('\n');

/** Commands that look at what is there: deliveries, quarantine, query. */
import type { Delivery } from '../../core/delivery/model.ts';
import { WharfError } from '../../core/errors.ts';
import { parseMoment } from '../../core/lake/history.ts';
import { dataset } from '../../datasets/index.ts';
import { deliveryJson, printDeliveries } from '../deliveries.ts';
import { useInstallation } from '../installation.ts';
import { exit, type GlobalOptions, print, printJson, table, topReasons } from '../output.ts';
import { csv, jsonRows, numericColumns } from '../rows.ts';

export const unknownDelivery = (id: string): WharfError =>
  new WharfError(`No delivery "${id}"`, {
    code: 'delivery.unknown',
    route: 'usage',
    fix: '`wharf deliveries` lists them',
  });

/** A delivery in the order a reader asks: what became of it, why, and then the rest. */
const detail = ({ order: _, ...entry }: Delivery) => ({
  ...deliveryJson(entry as Delivery),
  ...entry,
  reasons: topReasons(entry.reasons, Number.POSITIVE_INFINITY),
});

export async function listDeliveries(
  id: string | undefined,
  options: GlobalOptions & { readonly dataset?: string; readonly limit: number },
): Promise<number> {
  const of = options.dataset && dataset(options.dataset).name;
  await using installation = await useInstallation(options.state);
  if (id) {
    const entry = await installation.ledger.get(id);
    if (!entry) throw unknownDelivery(id);
    if (options.json) printJson(entry);
    else print(table(['field', 'value'], Object.entries(detail(entry))));
    return exit.done;
  }
  const found = (await installation.deliveries(of)).slice(0, options.limit);
  if (options.json) printJson(found.map(deliveryJson));
  else if (found.length === 0) print('No deliveries yet. Try `wharf land DATASET FILE` or `wharf demo`.');
  else printDeliveries(found, 'listed');
  return exit.done;
}

export async function query(
  sql: string,
  options: GlobalOptions & { readonly csv?: boolean; readonly at?: string },
): Promise<number> {
  const at = options.at === undefined ? undefined : parseMoment(options.at);
  if (sql.trim() === '')
    throw new WharfError('The query is empty', {
      code: 'query.empty',
      route: 'usage',
      fix: 'Write SQL between quotes, e.g. "SELECT count(*) FROM retailos.stores"',
    });
  await using installation = await useInstallation(options.state);
  const found = await installation.lake.query(sql, { at });
  const names = found.columns.map(({ name }) => name);
  if (options.json) printJson(jsonRows(found));
  else if (options.csv) process.stdout.write(csv(found));
  else
    print(
      table(
        names,
        found.rows.map((row) => names.map((name) => row[name])),
        numericColumns(found),
      ),
    );
  return exit.done;
}

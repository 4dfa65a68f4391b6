/** Commands that look at what is there: deliveries, quarantine, query. */
import { writeFile } from 'node:fs/promises';
import { quote } from '../../core/contract/text.ts';
import type { Delivery } from '../../core/delivery/model.ts';
import { WharfError } from '../../core/errors.ts';
import { dataset } from '../../datasets/index.ts';
import { deliveryJson, printDeliveries } from '../deliveries.ts';
import { useInstallation } from '../installation.ts';
import { exit, type GlobalOptions, print, printJson, table, topReasons } from '../output.ts';
import { csv, jsonRows, numericColumns } from '../rows.ts';

const unknownDelivery = (id: string): WharfError =>
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

export async function quarantine(
  name: string,
  options: GlobalOptions & {
    readonly delivery?: string;
    readonly reason?: string;
    readonly limit: number;
    readonly export?: string;
  },
): Promise<number> {
  const contract = dataset(name);
  await using installation = await useInstallation(options.state);
  if (options.delivery && !(await installation.ledger.get(options.delivery)))
    throw unknownDelivery(options.delivery);
  const refused = `${contract.name}__quarantine`;
  const where = [
    ...(options.delivery ? [`_delivery = ${quote(options.delivery)}`] : []),
    ...(options.reason
      ? [`len(list_filter(reasons, lambda r: starts_with(r, ${quote(options.reason)}))) > 0`]
      : []),
  ];
  const limit = options.export ? '' : `LIMIT ${options.limit}`;
  const sql = `SELECT _delivery, _row, line, reasons, received, raw FROM ${refused} ${where.length ? `WHERE ${where.join(' AND ')}` : ''} ORDER BY arrived_at, _delivery, coalesce(_row, line) ${limit}`;
  const found = (await installation.lake.tables()).includes(refused)
    ? await installation.lake.query(sql)
    : { columns: [], rows: [] };
  const rows = jsonRows(found);
  if (options.export) {
    const lines = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
    await writeFile(options.export, options.export.endsWith('.csv') ? csv(found) : lines);
    if (options.json) printJson({ file: options.export, rows: rows.length });
    else print(`${rows.length} rows in ${options.export}`);
  } else if (options.json) printJson(rows);
  else if (rows.length === 0)
    print(where.length ? 'Nothing in quarantine that fits.' : 'Nothing in quarantine.');
  else {
    const shown = found.rows.flatMap((row) =>
      (row.reasons as string[]).map((reason, i) => [
        row._delivery,
        row._row ?? `line ${row.line}`,
        reason,
        (row.received as unknown[])[i],
      ]),
    );
    print(table(['delivery', 'row', 'reason', 'value received'], shown, ['row']));
  }
  return exit.done;
}

export async function query(
  sql: string,
  options: GlobalOptions & { readonly csv?: boolean },
): Promise<number> {
  if (sql.trim() === '')
    throw new WharfError('The query is empty', {
      code: 'query.empty',
      route: 'usage',
      fix: 'Write SQL between quotes, e.g. "SELECT count(*) FROM retailos.stores"',
    });
  await using installation = await useInstallation(options.state);
  const found = await installation.lake.query(sql);
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

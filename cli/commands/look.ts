/** Commands that look at what is there: deliveries, quarantine, query. */
import { writeFile } from 'node:fs/promises';
import { quote } from '../../core/contract/text.ts';
import { WharfError } from '../../core/errors.ts';
import { dataset } from '../../datasets/index.ts';
import type { Row } from '../../platform/engine/duckdb.ts';
import { deliveryJson, printDeliveries } from '../deliveries.ts';
import { openInstallation } from '../installation.ts';
import { exit, type GlobalOptions, print, printJson, table } from '../output.ts';

export async function listDeliveries(
  id: string | undefined,
  options: GlobalOptions & { readonly dataset?: string; readonly limit: string },
): Promise<number> {
  await using installation = await openInstallation(options.state);
  if (id) {
    const entry = await installation.ledger.get(id);
    if (!entry)
      throw new WharfError(`No delivery "${id}"`, {
        code: 'delivery.unknown',
        route: 'usage',
        fix: 'Run `wharf deliveries`',
      });
    if (options.json) printJson(entry);
    else
      print(
        table(
          ['', ''],
          Object.entries(entry).map(([name, value]) => [
            name,
            typeof value === 'object' ? JSON.stringify(value) : value,
          ]),
        ),
      );
    return exit.done;
  }
  const found = (await installation.deliveries(options.dataset && dataset(options.dataset).name)).slice(
    0,
    Number(options.limit),
  );
  if (options.json) printJson(found.map(deliveryJson));
  else if (found.length === 0) print('No deliveries yet. Try `wharf land DATASET FILE` or `wharf demo`.');
  else printDeliveries(found);
  return exit.done;
}

/** Cells that a spreadsheet would run as a formula are made plain text. */
const csvCell = (value: unknown): string => {
  const text = Array.isArray(value) ? value.join('; ') : String(value ?? '');
  const plain = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return `"${plain.replaceAll('"', '""')}"`;
};

const csv = (columns: readonly string[], rows: readonly Row[]): string =>
  [columns.map(csvCell).join(','), ...rows.map((row) => columns.map((name) => csvCell(row[name])).join(','))]
    .join('\n')
    .concat('\n');

export async function quarantine(
  name: string,
  options: GlobalOptions & {
    readonly delivery?: string;
    readonly reason?: string;
    readonly limit: string;
    readonly export?: string;
  },
): Promise<number> {
  const contract = dataset(name);
  await using installation = await openInstallation(options.state);
  const tables = await installation.lake.tables();
  const where = [
    ...(options.delivery ? [`_delivery = ${quote(options.delivery)}`] : []),
    ...(options.reason
      ? [`len(list_filter(reasons, lambda r: starts_with(r, ${quote(options.reason)}))) > 0`]
      : []),
  ];
  const limit = options.export ? '' : `LIMIT ${Number(options.limit)}`;
  const sql = `SELECT _delivery, _row, line, reasons, received, raw FROM ${contract.name}__quarantine ${where.length ? `WHERE ${where.join(' AND ')}` : ''} ORDER BY arrived_at, _delivery, coalesce(_row, line) ${limit}`;
  const { columns, rows } = tables.includes(`${contract.name}__quarantine`)
    ? await installation.lake.query(sql)
    : { columns: [], rows: [] };
  if (options.export) {
    const names = columns.map((column) => column.name);
    const lines = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
    await writeFile(options.export, options.export.endsWith('.csv') ? csv(names, rows) : lines);
    if (!options.json) print(`${rows.length} rows in ${options.export}`);
  } else if (options.json) printJson(rows);
  else if (rows.length === 0) print('Nothing in quarantine.');
  else {
    const shown = rows.flatMap((row) =>
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
  await using installation = await openInstallation(options.state);
  const { columns, rows } = await installation.lake.query(sql);
  const names = columns.map(({ name }) => name);
  const numeric = columns.filter(({ type }) => /INT|DECIMAL|DOUBLE|FLOAT/.test(type)).map(({ name }) => name);
  if (options.json) printJson(rows);
  else if (options.csv) process.stdout.write(csv(names, rows));
  else
    print(
      table(
        names,
        rows.map((row) => names.map((name) => row[name])),
        numeric,
      ),
    );
  return exit.done;
}

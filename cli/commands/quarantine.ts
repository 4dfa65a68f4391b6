/** `wharf quarantine`: refused rows, what for, and what has become of them. */
import { writeFile } from 'node:fs/promises';
import type { Contract } from '../../core/contract/model.ts';
import { suggest } from '../../core/contract/suggest.ts';
import { WharfError } from '../../core/errors.ts';
import { asWritten, parseEvent } from '../../core/events/parse.ts';
import { inWords } from '../../core/replay/words.ts';
import { dataset } from '../../datasets/index.ts';
import type { Row } from '../../platform/engine/duckdb.ts';
import type { Ledger } from '../../platform/ledger.ts';
import { askQuarantine, type Status, selected, statuses } from '../../platform/replay/pick.ts';
import { useInstallation } from '../installation.ts';
import { exit, type GlobalOptions, print, printJson, table } from '../output.ts';
import { csv, jsonRows } from '../rows.ts';
import { unknownDelivery } from './look.ts';

interface Options extends GlobalOptions {
  readonly delivery?: string;
  readonly reason?: string;
  readonly status: string;
  readonly limit: number;
  readonly export?: string;
}

const ALL = 'all';

function statusOf({ status }: Options): Status | undefined {
  if (status === ALL) return undefined;
  const known = statuses.find((one) => one === status);
  if (known) return known;
  throw new WharfError(`There is no status "${status}"`, {
    code: 'quarantine.unknown_status',
    route: 'usage',
    fix: suggest(status, [...statuses, ALL]),
  });
}

export async function quarantine(name: string, options: Options): Promise<number> {
  const contract = dataset(name);
  const where = selected(options, statusOf(options));
  await using installation = await useInstallation(options.state);
  const { ledger, lake } = installation;
  if (options.delivery && !(await ledger.get(options.delivery))) throw unknownDelivery(options.delivery);
  const limit = options.export ? '' : `LIMIT ${options.limit}`;
  const sql = `SELECT _delivery, _row, line, status, released_by, reasons, received, raw FROM refused WHERE ${where} ORDER BY arrived_at, _delivery, coalesce(_row, line) ${limit}`;
  const found = (await askQuarantine(lake, contract, sql)) ?? { columns: [], rows: [] };
  const rows = jsonRows(found);
  if (options.export) {
    const text = options.export.endsWith('.csv')
      ? await forSupplier(contract, found.rows, ledger)
      : rows.map((row) => `${JSON.stringify(row)}\n`).join('');
    await writeFile(options.export, text);
    if (options.json) printJson({ file: options.export, rows: rows.length });
    else print(`${rows.length} rows in ${options.export}`);
  } else if (options.json) printJson(rows);
  else if (rows.length === 0) print('Nothing in quarantine that fits.');
  else {
    const shown = found.rows.flatMap((row) =>
      (row.reasons as string[]).map((reason, i) => [
        row._delivery,
        row._row ?? `line ${row.line}`,
        reason,
        (row.received as unknown[])[i],
        ...(options.status === 'open' ? [] : [row.status]),
      ]),
    );
    const head = ['delivery', 'row', 'reason', 'value received'];
    print(table(options.status === 'open' ? head : [...head, 'status'], shown, ['row']));
  }
  return exit.done;
}

/** Spreadsheets take a CSV for UTF-8 only where it begins with this. */
const BOM = '\ufeff';

/** Rows as whoever sent them knows them: their file, their columns, and why each was refused, in words. */
async function forSupplier(contract: Contract, rows: readonly Row[], ledger: Ledger): Promise<string> {
  const deliveries = [...new Set(rows.map(({ _delivery }) => String(_delivery)))];
  const files = new Map((await ledger.getAll(deliveries)).map(({ delivery, key }) => [delivery, key]));
  const given = rows.map(({ _delivery, _row, line: _line, raw, reasons }): Row => {
    const record = Object.entries(parseEvent(String(raw)) ?? { _text: raw });
    const about = { _file: files.get(String(_delivery)), _row, _line };
    const _why = inWords(contract, reasons as string[]);
    return { ...about, _why, ...Object.fromEntries(record.map(([name, value]) => [name, asWritten(value)])) };
  });
  const names = [...new Set(given.flatMap(Object.keys))];
  return BOM + csv({ columns: names.map((name) => ({ name, type: 'VARCHAR' })), rows: given });
}

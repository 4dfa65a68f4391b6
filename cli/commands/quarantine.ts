/** `wharf quarantine`: refused rows, what for, and what has become of them. */
import { writeFile } from 'node:fs/promises';
import { suggest } from '../../core/contract/suggest.ts';
import { WharfError } from '../../core/errors.ts';
import { inWords } from '../../core/replay/words.ts';
import { dataset } from '../../datasets/index.ts';
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
    const words = found.rows.map((row) => ({ ...row, why: inWords(contract, row.reasons as string[]) }));
    const columns = [...found.columns, { name: 'why', type: 'VARCHAR' }];
    const text = options.export.endsWith('.csv')
      ? csv({ columns, rows: words })
      : rows.map((row, i) => `${JSON.stringify({ ...row, why: words[i]!.why })}\n`).join('');
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

/** Where a row came from: its delivery and file, the times it was refused, and what was replayed. */
import { namesInFiles } from '../core/contract/contract.ts';
import type { Contract } from '../core/contract/model.ts';
import { suggest } from '../core/contract/suggest.ts';
import { ident, quote } from '../core/contract/text.ts';
import type { Delivery } from '../core/delivery/model.ts';
import { WharfError } from '../core/errors.ts';
import type { Ledger } from './ledger.ts';
import type { Lake } from './query.ts';
import { askQuarantine, type Status } from './replay/pick.ts';
import { entriesOf } from './revisions/entries.ts';

/** Values by field, as text. */
export type Wanted = Readonly<Record<string, string>>;

/** One place where a row stands or stood. Values of the row are not part of it. */
export interface Sighting {
  /** `accepted`: it is in the table. `refused`: it is in the quarantine. */
  readonly as: 'accepted' | 'refused';
  readonly delivery: string;
  /** The row's ordinal among the records of its file, from 1; null for a line that could not be split. */
  readonly row: number | null;
  /** Where it begins in the file as it landed, from 1, the header counts; absent where that is not known. */
  readonly line?: number;
  readonly reasons?: readonly string[];
  /** Of a refused row: what has become of it, by which delivery and why. */
  readonly status?: Status;
  readonly released_by?: string;
  readonly released_because?: string;
  readonly entry?: Delivery;
}

/**
 * Reads what is looked for: values of the key's fields in their order, or `field=value` for any fields.
 * @throws WharfError `trace.no_key`, `trace.unknown_field`, `trace.too_few`
 * @example readWanted(users, ['42']) // { user_id: '42' }
 */
export function readWanted(contract: Contract, given: readonly string[]): Wanted {
  const fields = contract.fields.map(({ name }) => name);
  const usage = (code: string, what: string, fix: string) =>
    new WharfError(what, { code, route: 'usage', fix });
  const pairs = given.map((text) => /^(\w+)=(.*)$/s.exec(text));
  if (pairs.every((pair) => pair !== null)) {
    const unknown = pairs.map((pair) => pair[1]!).find((name) => !fields.includes(name));
    if (unknown === undefined) return Object.fromEntries(pairs.map(([, name, value]) => [name!, value!]));
    throw usage(
      'trace.unknown_field',
      `${contract.name} has no field "${unknown}"`,
      suggest(unknown, fields),
    );
  }
  const { key } = contract;
  if (key.length === 0)
    throw usage(
      'trace.no_key',
      `${contract.name} has no key`,
      'Write field=value, for one or several fields',
    );
  if (given.length !== key.length)
    throw usage(
      'trace.too_few',
      `The key of ${contract.name} has ${key.length} fields, ${given.length} values are given`,
      `Give ${key.join(', ')} in this order, or field=value for any fields`,
    );
  return Object.fromEntries(key.map((name, i) => [name, given[i]!]));
}

/** All places of rows with these values, the refused ones last. */
export async function trace(
  contract: Contract,
  wanted: Wanted,
  { lake, ledger }: { readonly lake: Lake; readonly ledger: Ledger },
): Promise<Sighting[]> {
  const tables = await lake.tables();
  const found = [
    ...(tables.includes(contract.name) ? await accepted(contract, wanted, lake) : []),
    ...(await refused(contract, wanted, lake)),
  ];
  const entries = await Array.fromAsync(
    entriesOf([...new Set(found.map(({ delivery }) => delivery))], ledger),
  );
  const byId = new Map(entries.map((entry) => [entry.delivery, entry]));
  return found.map((one) => ({ ...one, entry: byId.get(one.delivery) }));
}

async function accepted({ name }: Contract, wanted: Wanted, lake: Lake): Promise<Sighting[]> {
  const where = Object.entries(wanted).map(
    ([field, value]) => `CAST(${ident(field)} AS VARCHAR) = ${quote(value)}`,
  );
  const sql = `SELECT _delivery, _row FROM ${name} WHERE ${where.join(' AND ')} ORDER BY ALL`;
  const { rows } = await lake.query(sql, { holding: wanted });
  return rows.map((row) => ({ as: 'accepted', delivery: String(row._delivery), row: Number(row._row) }));
}

/** A field's value in a refused row, by whichever name its file had for it. */
const received = (contract: Contract, field: string): string => {
  const names = namesInFiles({ fields: contract.fields.filter(({ name }) => name === field) });
  const pointers = names.map((name) => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`);
  const values = pointers.map((pointer) => `json_extract_string(raw, ${quote(pointer)})`);
  // Not every line is JSON: it is one where it could be split.
  return `CASE WHEN json_valid(raw) THEN coalesce(${values.join(', ')}) END`;
};

async function refused(contract: Contract, wanted: Wanted, lake: Lake): Promise<Sighting[]> {
  const where = Object.entries(wanted).map(
    ([field, value]) => `trim(${received(contract, field)}) = ${quote(value)}`,
  );
  const sql = `SELECT _delivery, _row, line, reasons, status, released_by, released_because FROM refused WHERE ${where.join(' AND ')} ORDER BY arrived_at, _delivery, _row`;
  return ((await askQuarantine(lake, contract, sql))?.rows ?? []).map((row) => ({
    ...{ as: 'refused', delivery: String(row._delivery) },
    row: row._row === null ? null : Number(row._row),
    ...(row.line !== null && { line: Number(row.line) }),
    ...{ reasons: row.reasons as string[], status: row.status as Status },
    ...(row.released_by !== null && { released_by: String(row.released_by) }),
    ...(row.released_because !== null && { released_because: String(row.released_because) }),
  }));
}

/** Reads what somebody asks to be done to refused rows. */
import type { Contract } from '../contract/model.ts';
import { suggest } from '../contract/suggest.ts';
import { WharfError } from '../errors.ts';
import type { Assignment, Fix, Mapping } from './model.ts';

/** A fix as it is written down: `--map`, `--set` and `--sql`, each any number of times. */
export interface WrittenFix {
  readonly map?: readonly string[];
  readonly set?: readonly string[];
  readonly sql?: readonly string[];
}

const HEADER = 'header';

/** The whole record, where an assignment means none of its fields. */
export const RAW = 'raw';

const forms = {
  map: 'field:old=new, or header:Old=field for a column of another name; \\= stands for a = in the old value',
  set: 'field=value',
  sql: 'field = expression, such as: price = abs(price)',
} as const;

function wrong(option: keyof typeof forms, given: string): WharfError {
  return new WharfError(`--${option} "${given}" cannot be read`, {
    code: 'replay.invalid_fix',
    route: 'usage',
    fix: `Write ${forms[option]}`,
  });
}

/** Both sides of the first `=` that no backslash stands before; and of a `:` before it. */
const MAP = /^(?<field>[^:=]+):(?<from>(?:\\=|[^=])*)=(?<to>[\s\S]*)$/;
const SET = /^(?<field>[^=]+)=(?<value>[\s\S]*)$/;

function read<O extends keyof typeof forms>(
  option: O,
  pattern: RegExp,
  given: string,
): Record<string, string> {
  const found = pattern.exec(given)?.groups;
  if (!found) throw wrong(option, given);
  return { ...found, field: found.field!.trim() };
}

/**
 * Reads a fix and makes sure that it is about fields there are.
 * @throws WharfError `replay.invalid_fix`, `replay.unknown_field`
 * @example readFix({ map: ['payment_method:CASH=cash'] }, transactions).map // [{ field: 'payment_method', from: 'CASH', to: 'cash' }]
 */
export function readFix({ map = [], set = [], sql = [] }: WrittenFix, contract: Contract): Fix {
  const mapped = map.map((given): Mapping => {
    const { field, from, to } = read('map', MAP, given);
    return { field: field!, from: from!.replaceAll('\\=', '='), to: to! };
  });
  const names = contract.fields.map(({ name }) => name);
  // A field of that name would be in the way of renaming columns: then it is the field that is meant.
  const isHeader = ({ field }: Mapping): boolean => field === HEADER && !names.includes(HEADER);
  const fix: Fix = {
    header: Object.fromEntries(mapped.filter(isHeader).map(({ from, to }) => [from.trim(), to.trim()])),
    map: mapped.filter((one) => !isHeader(one)),
    set: Object.fromEntries(
      set.map((given) => {
        const { field, value } = read('set', SET, given);
        return [field!, value!];
      }),
    ),
    sql: sql.map((given): Assignment => {
      const { field, value } = read('sql', SET, given);
      if (value!.trim() === '' || value!.startsWith('=')) throw wrong('sql', given);
      return { field: field!, sql: value!.trim() };
    }),
  };
  const used = [...Object.values(fix.header), ...fix.map.map((m) => m.field), ...Object.keys(fix.set)];
  for (const name of used) requireField(name, names);
  for (const { field } of fix.sql) requireField(field, [...names, RAW]);
  return fix;
}

function requireField(name: string, allowed: readonly string[]): void {
  if (allowed.includes(name)) return;
  throw new WharfError(`There is no field "${name}"`, {
    code: 'replay.unknown_field',
    route: 'usage',
    fix: suggest(name, allowed),
  });
}

/** Whether nothing is done to a record. */
export const isNoFix = ({ header, map, set, sql }: Fix): boolean =>
  [header, set].every((part) => Object.keys(part).length === 0) && map.length + sql.length === 0;

/** `contract(…)`: declares a dataset. Everything that could be wrong with a declaration is found when it loads. */
import type * as z from 'zod';
import { WharfError } from '../errors.ts';
import { compileField } from './compile.ts';
import type { Contract, DuplicatePolicy, Field, Live, Partition, Rule, Type } from './model.ts';
import { wrapRow } from './row.ts';
import { fieldsOf } from './rules.ts';
import { suggest } from './suggest.ts';

export interface Declaration<Row extends z.ZodObject> {
  /** What one row is, for people. */
  readonly describe: string;
  readonly row: Row;
  /** Fields that identify a row. @default none */
  readonly key?: readonly (keyof Row['shape'] & string)[];
  /** @default unpartitioned */
  readonly partitionBy?: Partition | readonly Partition[];
  readonly rules?: readonly Rule[];
  /** Field → dataset whose key it holds. Documented, not checked: a row may arrive before the one it refers to. */
  readonly references?: { readonly [F in keyof Row['shape'] & string]?: string };
  /** The table is stale when nothing arrived for so long. @example hours(24) */
  readonly freshness?: number;
  /** Within one delivery: rows that are the same in every column, and rows that repeat an earlier row's key.
   * @default rows: 'drop', keys: 'quarantine' */
  readonly duplicates?: { readonly rows?: DuplicatePolicy; readonly keys?: DuplicatePolicy };
  /** New content under a key that was ingested before. @default 'replace' */
  readonly onOverwrite?: 'replace' | 'append' | 'reject';
  /** Its posted events are broadcast to subscribers, and summed up by these fields. @default they are not */
  readonly live?: Live;
  /** Its posted events are written in the order in which they were posted. @default in any order, which is faster */
  readonly ordered?: boolean;
}

const KEYS = [
  'describe',
  'row',
  'key',
  'partitionBy',
  'rules',
  'references',
  'freshness',
  'duplicates',
  'onOverwrite',
  'live',
  'ordered',
];

export const minutes = (n: number): number => n * 60_000;
export const hours = (n: number): number => minutes(n * 60);
export const days = (n: number): number => hours(n * 24);

const problem = (name: string, what: string, fix: string, code = 'contract.invalid'): WharfError =>
  new WharfError(`Contract "${name}": ${what}`, { code, fix, route: 'usage' });

/**
 * Declares one dataset, `<domain>.<dataset>`.
 * @throws WharfError `contract.*`: an unknown key, a field zod describes but SQL cannot, a partition or rule on a
 * column that is no field. The message says what to write instead.
 * @example export const stores = contract('retailos.stores', { describe: 'A shop.', row: z.object({ store_id: id() }) });
 */
export function contract<Row extends z.ZodObject>(name: string, declared: Declaration<Row>): Contract {
  const [domain, dataset] = nameParts(name);
  for (const key of Object.keys(declared))
    if (!KEYS.includes(key))
      throw problem(name, `unknown key "${key}"`, suggest(key, KEYS), 'contract.unknown_key');
  if (declared.row.def.checks?.length || declared.row.def.catchall)
    throw problem(
      name,
      'the row has a refinement or a catch-all',
      'Write cross-field checks as rules: [rule(…)]; unknown columns are rescued by themselves',
      'contract.unsupported_zod',
    );
  const fields = Object.entries(declared.row.shape).map(([field, schema]) =>
    compileField(field, schema as z.ZodType),
  );
  const partitionBy = [declared.partitionBy ?? []].flat() as Partition[];
  let row: z.ZodObject | undefined;
  const compiled: Contract = {
    name,
    domain,
    dataset,
    describe: declared.describe,
    // Built when its first row is judged: a function that starts needs few of them, and soon.
    get row() {
      row ??= wrapRow(declared.row, fields);
      return row;
    },
    fields,
    key: declared.key ?? [],
    partitionBy,
    rules: declared.rules ?? [],
    references: (declared.references ?? {}) as Record<string, string>,
    freshness: declared.freshness,
    duplicates: { rows: 'drop', keys: 'quarantine', ...declared.duplicates },
    onOverwrite: declared.onOverwrite ?? 'replace',
    live: declared.live,
    ordered: declared.ordered ?? false,
  };
  checkNames(compiled);
  checkColumns(compiled);
  return compiled;
}

function nameParts(name: string): [string, string] {
  const match = /^([a-z][a-z0-9_]*)\.([a-z][a-z0-9_]*)$/.exec(name);
  if (!match)
    throw problem(
      name,
      'the name is not <domain>.<dataset>',
      'Use lower-case letters, digits and _, e.g. "retailos.stores"',
      'contract.invalid_name',
    );
  return [match[1]!, match[2]!];
}

function checkNames({ name, fields }: Contract): void {
  const taken = new Map<string, string>();
  for (const field of fields) {
    if (!/^[a-z][a-z0-9_]*$/.test(field.name))
      throw problem(
        name,
        `the field "${field.name}" is not snake_case`,
        'Name the column in snake_case and give the name in files as .meta({ aliases: [...] })',
        'contract.invalid_name',
      );
    for (const header of new Set([field.name, ...field.aliases].map(headerKey))) {
      const other = taken.get(header);
      if (other)
        throw problem(
          name,
          `the fields "${other}" and "${field.name}" answer to the same header "${header}"`,
          'Drop one of the aliases',
          'contract.ambiguous_alias',
        );
      taken.set(header, field.name);
    }
  }
}

/** Headers are compared without case, blanks and punctuation: `Customer ID`, `customer_id` and `CustomerID` are one. */
export const headerKey = (header: string): string =>
  header
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\s_.\-/]+/g, '');

/** Every name the contract's fields go by in files. */
export const namesInFiles = ({ fields }: Pick<Contract, 'fields'>): string[] =>
  fields.flatMap(({ name, aliases }) => [name, ...aliases]);

const partitionable: Record<Partition['transform'], readonly Type['is'][]> = {
  identity: ['text', 'id', 'enum', 'int', 'boolean', 'date'],
  day: ['date', 'instant'],
  month: ['date', 'instant'],
  year: ['date', 'instant'],
  bucket: ['text', 'id', 'enum', 'int', 'date', 'instant'],
  truncate: ['text', 'id', 'enum', 'int'],
};

/** Transforms whose values tell little of one person. */
const coarse = new Set<Partition['transform']>(['year', 'month', 'bucket']);

function checkColumns(c: Contract): void {
  const byName = new Map(c.fields.map((field) => [field.name, field]));
  const uses: [string, readonly string[]][] = [
    ['key', c.key],
    ['partitionBy', c.partitionBy.map(({ field }) => field)],
    ['references', Object.keys(c.references)],
    ['live', c.live ? [...c.live.revenue, ...c.live.by, c.live.top] : []],
    ...c.rules.map((r): [string, string[]] => [`rule "${r.name}"`, fieldsOf(r.test)]),
  ];
  for (const [where, names] of uses)
    for (const field of names)
      if (!byName.has(field))
        throw problem(
          c.name,
          `${where} names "${field}", which is no field`,
          suggest(field, [...byName.keys()]),
          'contract.unknown_field',
        );
  for (const field of c.key)
    if (!byName.get(field)!.required)
      throw problem(
        c.name,
        `the key field "${field}" is optional`,
        'Drop .optional() and .default(), or drop it from the key',
        'contract.invalid_key',
      );
  for (const field of c.live?.revenue ?? []) {
    const { is } = byName.get(field)!.type;
    if (is !== 'int' && is !== 'decimal')
      throw problem(
        c.name,
        `live.revenue names "${field}", which is ${is}`,
        'Sums of money are exact: name fields that are int() or decimal()',
        'contract.invalid_live',
      );
  }
  for (const { transform, field } of c.partitionBy) {
    const { type, pii } = byName.get(field) as Field;
    const { is } = type;
    if (pii && !coarse.has(transform))
      throw problem(
        c.name,
        `partition ${transform}("${field}") writes personal data into the names of files`,
        `Partition by another field, or by ${[...coarse].join(', ')} of this one`,
        'contract.invalid_partition',
      );
    if (!partitionable[transform].includes(is))
      throw problem(
        c.name,
        `partition ${transform}("${field}") does not work on ${is}`,
        `${transform} takes: ${partitionable[transform].join(', ')}`,
        'contract.invalid_partition',
      );
  }
}

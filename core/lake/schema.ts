/** Iceberg schemas: made from a contract, evolved when the contract changes, never narrowed. */
import type { Contract, Field, Type } from '../contract/model.ts';
import { WharfError } from '../errors.ts';

export type IcebergType =
  | string
  | {
      readonly type: 'list';
      readonly 'element-id': number;
      readonly element: IcebergType;
      readonly 'element-required': boolean;
    }
  | { readonly type: 'struct'; readonly fields: readonly IcebergField[] };

export interface IcebergField {
  readonly id: number;
  readonly name: string;
  readonly required: boolean;
  readonly type: IcebergType;
  readonly doc?: string;
}

export interface IcebergSchema {
  readonly type: 'struct';
  readonly 'schema-id': number;
  readonly fields: readonly IcebergField[];
}

/** A type before it has ids. */
export type Wanted = string | { readonly list: Wanted } | { readonly struct: readonly WantedField[] };

export interface WantedField {
  readonly name: string;
  readonly type: Wanted;
  readonly doc?: string;
}

const scalars: Record<Exclude<Type['is'], 'list' | 'object' | 'decimal'>, string> = {
  text: 'string',
  id: 'string',
  enum: 'string',
  int: 'long',
  float: 'double',
  boolean: 'boolean',
  date: 'date',
  instant: 'timestamptz',
};

function wantedType(type: Type): Wanted {
  if (type.is === 'decimal') return `decimal(${type.precision}, ${type.scale})`;
  if (type.is === 'list') return { list: wantedType(type.items) };
  if (type.is === 'object') return { struct: type.fields.map(wantedField) };
  return scalars[type.is];
}

const wantedField = ({ name, type, describe }: Field): WantedField => ({
  name,
  type: wantedType(type),
  doc: describe,
});

/** The columns of a dataset's table: its fields, then the system columns. */
export const tableColumns = (contract: Contract): readonly WantedField[] => [
  ...contract.fields.map(wantedField),
  { name: '_delivery', type: 'string', doc: 'The delivery that brought the row.' },
  { name: '_row', type: 'long', doc: "The row's ordinal in its delivery, from 1." },
  { name: '_rescued', type: 'string', doc: 'Values of columns the contract does not know, as JSON.' },
];

/** The columns of refused rows in every quarantine table. */
export const quarantineColumns: readonly WantedField[] = [
  { name: '_delivery', type: 'string', doc: 'The delivery that brought the row.' },
  { name: '_row', type: 'long', doc: "The row's ordinal in its delivery; null for a line that is no row." },
  { name: 'line', type: 'long', doc: 'The line number, where the line could not be split.' },
  { name: 'raw', type: 'string', doc: 'The row as it came: JSON by column name, or the line.' },
  { name: 'reasons', type: { list: 'string' }, doc: 'Why the row was refused.' },
  { name: 'received', type: { list: 'string' }, doc: 'The value received for each reason.' },
  { name: 'arrived_at', type: 'timestamptz', doc: 'When the delivery landed.' },
];

/** What a quarantine table says of refused rows that are no longer open, in rows of their own. */
export const releaseColumns: readonly WantedField[] = [
  { name: 'origin_delivery', type: 'string', doc: 'Of a release: where the row was refused. Else null.' },
  { name: 'origin_row', type: 'long', doc: 'Of a release: the `_row` of the refused row.' },
  { name: 'origin_line', type: 'long', doc: 'Of a release: the `line` of the refused line.' },
  { name: 'release', type: 'string', doc: 'Of a release: `replayed` by this delivery, or `discarded`.' },
  { name: 'release_reason', type: 'string', doc: 'Of a release: why, in the words of who did it.' },
];

/** All columns of every quarantine table. */
export const quarantineTableColumns: readonly WantedField[] = [...quarantineColumns, ...releaseColumns];

/** What may become what without rewriting a file. */
function widens(from: string, to: string): boolean {
  const [a, b] = [from, to].map((t) => /^decimal\((\d+), (\d+)\)$/.exec(t));
  if (a && b) return a[2] === b[2] && Number(b[1]) >= Number(a[1]);
  return (from === 'int' && to === 'long') || (from === 'float' && to === 'double');
}

/** Whether values of one type can be read as another, inner ones too. */
function fits(from: IcebergType, to: Wanted): boolean {
  if (typeof from === 'string' || typeof to === 'string')
    return from === to || (typeof from === 'string' && typeof to === 'string' && widens(from, to));
  if ('list' in to) return from.type === 'list' && fits(from.element, to.list);
  const inner = (name: string) => from.type === 'struct' && from.fields.find((field) => field.name === name);
  return (
    from.type === 'struct' &&
    to.struct.every(({ name, type }) => {
      const field = inner(name);
      return !field || fits(field.type, type);
    })
  );
}

/**
 * The schema that holds both what is there and what is wanted. New columns get new ids; columns that are no longer
 * wanted stay. A column that a rollback took away comes back with the id it had: files that were written with it, and
 * wait for their commit, stay readable. All columns are optional: whether a value must be there is the contract's
 * business, and a column that stops being required would otherwise rewrite the table.
 * @throws WharfError `lake.incompatible_type`
 */
export function evolveSchema(
  current: IcebergSchema | undefined,
  wanted: readonly WantedField[],
  lastColumnId: number,
  earlier: readonly IcebergSchema[] = [],
): { schema: IcebergSchema; lastColumnId: number } {
  let last = lastColumnId;
  const next = () => ++last;

  const merge = (before: IcebergType | undefined, type: Wanted, path: string): IcebergType => {
    if (typeof type === 'string') {
      if (before === undefined || before === type) return type;
      if (typeof before === 'string' && widens(before, type)) return type;
      throw incompatible(path, before, type);
    }
    if (before !== undefined && (typeof before === 'string' || (before.type === 'list') !== 'list' in type))
      throw incompatible(path, before, 'list' in type ? 'list' : 'struct');
    if ('list' in type) {
      const list = before as Extract<IcebergType, { type: 'list' }> | undefined;
      const id = list?.['element-id'] ?? next();
      return {
        type: 'list',
        'element-id': id,
        element: merge(list?.element, type.list, `${path}[]`),
        'element-required': false,
      };
    }
    const struct = before as Extract<IcebergType, { type: 'struct' }> | undefined;
    return { type: 'struct', fields: fields(struct?.fields ?? [], type.struct, `${path}.`) };
  };

  const fields = (
    before: readonly IcebergField[],
    want: readonly WantedField[],
    prefix: string,
  ): IcebergField[] => {
    const wantedByName = new Map(want.map((field) => [field.name, field]));
    const kept = before.map((field) => {
      const to = wantedByName.get(field.name);
      return to ? { ...field, type: merge(field.type, to.type, prefix + field.name) } : field;
    });
    const known = new Set(before.map(({ name }) => name));
    // A level's own ids come first, as Iceberg's writers number them.
    const added = want.filter(({ name }) => !known.has(name)).map((field) => ({ field, id: next() }));
    const grown = added.map(({ field: { name, type, doc }, id }) => ({
      id,
      name,
      required: false,
      type: merge(undefined, type, prefix + name),
      ...(doc ? { doc } : {}),
    }));
    return [...kept, ...grown];
  };

  const there = new Set(current?.fields.map(({ name }) => name));
  const back = wanted.flatMap(({ name, type }) => {
    if (there.has(name)) return [];
    const had = earlier.flatMap((schema) => schema.fields).filter((field) => field.name === name);
    return had.findLast((field) => fits(field.type, type)) ?? [];
  });
  const merged = fields([...(current?.fields ?? []), ...back], wanted, '');
  const same = current !== undefined && JSON.stringify(merged) === JSON.stringify(current.fields);
  const id = current === undefined ? 0 : current['schema-id'] + (same ? 0 : 1);
  return { schema: { type: 'struct', 'schema-id': id, fields: merged }, lastColumnId: last };
}

/** The schema of a dataset's table when it is made. */
export const newSchema = (contract: Contract): IcebergSchema =>
  evolveSchema(undefined, tableColumns(contract), 0).schema;

function incompatible(path: string, from: IcebergType, to: string): WharfError {
  const was = typeof from === 'string' ? from : from.type;
  return new WharfError(`Column "${path}" is ${was} in the table and ${to} in the contract`, {
    code: 'lake.incompatible_type',
    fix: 'A table only widens (int → long, float → double, a longer decimal of the same scale): give the new type a new field name',
  });
}

/** Ids by column, as a writer embeds them in Parquet; nested types by their children. */
export type FieldIds = {
  readonly [name: string]: number | { readonly id: number; readonly children: FieldIds };
};

export function fieldIds({ fields }: { readonly fields: readonly IcebergField[] }): FieldIds {
  return Object.fromEntries(fields.map(({ id, name, type }) => [name, idsOf(id, type)]));
}

function idsOf(id: number, type: IcebergType): FieldIds[string] {
  if (typeof type === 'string') return id;
  if (type.type === 'struct') return { id, children: fieldIds(type) };
  return { id, children: { element: idsOf(type['element-id'], type.element) } };
}

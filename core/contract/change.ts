/** What may be changed about a contract without deploying it: approved changes, applied one after another. */
import * as z from 'zod';
import { WharfError } from '../errors.ts';
import { headerKey } from './contract.ts';
import { zodOf } from './fields.ts';
import type { Contract, Field, Type } from './model.ts';
import { wrapRow } from './row.ts';

/** One change. Plain data, for it is kept in the ledger. */
export type Change =
  /** A new optional field. Its first alias is the column it was found under. */
  | { readonly change: 'add'; readonly field: string; readonly definition: Field }
  /** The field goes by one more name in files. */
  | { readonly change: 'alias'; readonly field: string; readonly alias: string }
  | { readonly change: 'values'; readonly field: string; readonly values: readonly string[] }
  /** A date or instant comes in this format from now on, or a decimal with a comma. */
  | { readonly change: 'format'; readonly field: string; readonly format: string }
  /** More digits, or longer texts. */
  | {
      readonly change: 'widen';
      readonly field: string;
      readonly precision?: number;
      readonly maxLength?: number;
    }
  /** The field may be missing. */
  | { readonly change: 'optional'; readonly field: string }
  /** Another type: no table can follow, so this is never applied, only told. */
  | { readonly change: 'retype'; readonly field: string; readonly to: string };

type Of<C extends Change['change']> = Extract<Change, { readonly change: C }>;

const refuse = (what: string, fix: string): WharfError =>
  new WharfError(what, { code: 'contract.change_refused', route: 'usage', fix });

const named = (fields: readonly Field[], name: string): Field | undefined =>
  fields.find((field) => field.name === name);

const keys = ({ name, aliases }: Field): string[] => [name, ...aliases].map(headerKey);

function free(fields: readonly Field[], names: readonly string[], but?: string): void {
  const taken = fields.find((f) => f.name !== but && keys(f).some((key) => names.includes(key)));
  if (taken)
    throw refuse(
      `The field "${taken.name}" goes by one of these names already`,
      'Reject this change, or rename the field in the contract',
    );
}

/** Formats that read some texts of each other, as other days. */
const rivals: Readonly<Record<string, string>> = { eu: 'us', us: 'eu' };

/** The type of a field that a change makes of the type it has; undefined: it is not for such fields. */
const types: {
  readonly [C in 'values' | 'format' | 'widen']: (type: Type, change: Of<C>) => Type | undefined;
} = {
  values: (type, { values }) =>
    type.is === 'enum' ? { ...type, values: [...new Set([...type.values, ...values])] } : undefined,
  format(type, { format }) {
    if (type.is === 'decimal') return format === 'comma' ? { ...type, comma: true } : undefined;
    if (type.is !== 'date' && type.is !== 'instant') return undefined;
    // 3/4/2024 is one day to the one and another to the other: the table cannot hold both readings.
    const others = type.formats.filter((known) => known !== format && known !== rivals[format]);
    return { ...type, formats: [...others, format] };
  },
  widen(type, { precision = 0, maxLength = 0 }) {
    if (type.is === 'decimal') return { ...type, precision: Math.max(precision, type.precision) };
    if (type.is !== 'text' && type.is !== 'id') return undefined;
    return type.maxLength === undefined ? type : { ...type, maxLength: Math.max(maxLength, type.maxLength) };
  },
};

/** One change done to the fields. @throws WharfError `contract.change_refused` */
function changed(fields: readonly Field[], change: Change): readonly Field[] {
  if (change.change === 'add') {
    const there = named(fields, change.field);
    // Promoted: the code has it by now.
    if (there && change.definition.aliases.every((alias) => keys(there).includes(headerKey(alias))))
      return fields;
    free(fields, keys(change.definition));
    return [...fields, { ...change.definition, required: false }];
  }
  const field = named(fields, change.field);
  if (!field)
    throw refuse(`There is no field "${change.field}" to change`, 'It left the contract: reject the change');
  const replaced = (by: Partial<Field>) => fields.map((f) => (f === field ? { ...field, ...by } : f));
  switch (change.change) {
    case 'alias':
      free(fields, [headerKey(change.alias)], field.name);
      return replaced({ aliases: [...new Set([...field.aliases, change.alias])] });
    case 'optional':
      return replaced({ required: false });
    case 'retype':
      throw refuse(
        `"${field.name}" cannot become ${change.to}: its table holds ${field.type.is}`,
        'Give the new values a field of their own in the contract, or have the sender mend the file; then reject this',
      );
    default: {
      const type = (types[change.change] as (type: Type, by: Change) => Type | undefined)(field.type, change);
      if (!type)
        throw refuse(
          `"${field.name}" is ${field.type.is}: the change "${change.change}" is not for it`,
          'Reject it',
        );
      return replaced({ type });
    }
  }
}

/**
 * A contract after some changes. The key's fields stay required, and nothing of what was is narrowed.
 * @throws WharfError `contract.change_refused`
 * @example evolve(stores, [{ change: 'alias', field: 'store_id', alias: 'Shop' }])
 */
export function evolve(base: Contract, changes: readonly Change[]): Contract {
  if (changes.length === 0) return base;
  const fields = changes.reduce<readonly Field[]>((before, change) => {
    if (change.change === 'optional' && base.key.includes(change.field))
      throw refuse(`"${change.field}" is of the key: it cannot be missing`, 'Reject the change');
    return changed(before, change);
  }, base.fields);
  let row: z.ZodObject | undefined;
  return {
    ...base,
    fields,
    get row() {
      row ??= rowOf(base, fields);
      return row;
    },
  };
}

/** What is as it was keeps its schema; what is not gets one from the model. */
function rowOf(base: Contract, fields: readonly Field[]): z.ZodObject {
  const judged = (field: Field): boolean => {
    const was = named(base.fields, field.name);
    return was?.type === field.type && was.required === field.required;
  };
  const own = fields.filter((field) => !judged(field));
  const made = wrapRow(z.object(Object.fromEntries(own.map((f) => [f.name, zodOf(f)]))), own);
  return z.object({ ...base.row.shape, ...made.shape });
}

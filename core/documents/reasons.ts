/** Which reasons a row of a dataset can be refused for, and by which fields and rules. */
import type { Contract, Field, Type } from '../contract/model.ts';
import { type RowReason, rowReasons } from '../contract/reasons.ts';

const limited = ({ type }: Field): boolean =>
  ['min', 'max', 'minLength', 'maxLength'].some((limit) => type[limit as keyof typeof type] !== undefined) ||
  // Numbers have limits of their own: digits of a decimal, 2^53, no infinity.
  ['int', 'decimal', 'float'].includes(type.is);

/** A field and all inside it, named as reasons name them: `lines`, `lines[]`, `lines[].sku`. */
function within(field: Field, path: string = field.name): Field[] {
  const inside = (type: Type): Field[] => {
    if (type.is === 'object') return type.fields.flatMap((inner) => within(inner, `${path}.${inner.name}`));
    return type.is === 'list' ? within({ ...field, type: type.items, required: true }, `${path}[]`) : [];
  };
  return [{ ...field, name: path }, ...inside(field.type)];
}

const fieldsWhere =
  (applies: (field: Field) => boolean) =>
  ({ fields }: Contract): string[] =>
    fields.flatMap((field) => within(field).filter(applies)).map(({ name }) => name);

/** What follows the colon of each reason; `true` for a reason without. */
const subjects: Readonly<Record<RowReason, (contract: Contract) => readonly string[] | boolean>> = {
  missing_required_column: ({ fields }) => fields.filter((field) => field.required).map(({ name }) => name),
  missing_required_value: fieldsWhere((field) => field.required),
  type_mismatch: fieldsWhere(({ type }) => !['text', 'id', 'enum'].includes(type.is)),
  out_of_range: fieldsWhere(limited),
  not_in_enum: fieldsWhere(({ type }) => type.is === 'enum'),
  pattern_mismatch: fieldsWhere(({ type }) => 'patterns' in type && type.patterns.length > 0),
  rule_failed: ({ rules }) => rules.map(({ name }) => name),
  duplicate_key: ({ key, duplicates }) => key.length > 0 && duplicates.keys === 'quarantine',
  duplicate_row: ({ duplicates }) => duplicates.rows === 'quarantine',
  // References are documented; nothing looks them up yet.
  unknown_reference: () => false,
  malformed_row: () => true,
};

export interface PossibleReason {
  readonly code: RowReason;
  readonly meaning: string;
  /** Fields or rules it can name; empty for a reason that names none. */
  readonly subjects: readonly string[];
}

/** @example possibleReasons(users).find((r) => r.code === 'not_in_enum')?.subjects // ['gender', 'device'] */
export const possibleReasons = (contract: Contract): PossibleReason[] =>
  Object.entries(rowReasons).flatMap(([name, meaning]) => {
    const code = name as RowReason;
    const found = subjects[code](contract);
    if (found === false || (Array.isArray(found) && found.length === 0)) return [];
    return [{ code, meaning, subjects: found === true ? [] : (found as readonly string[]) }];
  });

/** Iceberg's columns in Parquet's words: the schema with its field ids, and the values of each column. */
import type { IcebergField, IcebergType } from '../../core/lake/schema.ts';
import { leafOf, type SchemaElement, type Value } from './leaf.ts';

/** A column as a footer lists it, before those under it. All are optional, and a list has three levels, as readers take it. */
function elements(name: string, id: number, type: IcebergType): SchemaElement[] {
  const own = { name, field_id: id, repetition_type: 'OPTIONAL' } as const;
  if (typeof type === 'string') return [{ ...own, ...leafOf(type).element }];
  if (type.type === 'struct')
    return [
      { ...own, num_children: type.fields.length },
      ...type.fields.flatMap((f) => elements(f.name, f.id, f.type)),
    ];
  return [
    { ...own, num_children: 1, converted_type: 'LIST' },
    { name: 'list', num_children: 1, repetition_type: 'REPEATED' },
    ...elements('element', type['element-id'], type.element),
  ];
}

export const schemaElements = (fields: readonly IcebergField[]): SchemaElement[] => [
  { name: 'root', num_children: fields.length },
  ...fields.flatMap(({ name, id, type }) => elements(name, id, type)),
];

/** A value of any type as the writer takes it. */
export function encode(type: IcebergType, value: unknown): unknown {
  if (value === null || value === undefined) return undefined;
  if (typeof type === 'string') return leafOf(type).encode(value as Value);
  if (type.type === 'list') return (value as unknown[]).map((item) => encode(type.element, item));
  const members = value as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    type.fields.map((field) => [field.name, encode(field.type, members[field.name])]),
  );
}

/** Columns as Glue and Athena name their types, and as Iceberg's own Glue catalogs describe them. */
import type { TableMetadata } from '../lake/metadata.ts';
import type { IcebergField, IcebergType } from '../lake/schema.ts';

/** Wharf writes no maps; others who write to a table may. */
type AnyType = IcebergType | { readonly type: 'map'; readonly key: IcebergType; readonly value: IcebergType };

const names: Readonly<Record<string, string>> = {
  long: 'bigint',
  time: 'string',
  uuid: 'string',
  timestamptz: 'timestamp',
};

/** Glue takes no longer comment. */
const COMMENT = 255;

/** @example glueType({ type: 'list', element: 'long', … }) // 'array<bigint>' */
export function glueType(type: AnyType): string {
  if (typeof type === 'string')
    return names[type] ?? type.replace(', ', ',').replace(/^fixed\[\d+\]$/, 'binary');
  if (type.type === 'list') return `array<${glueType(type.element)}>`;
  if (type.type === 'map') return `map<${glueType(type.key)},${glueType(type.value)}>`;
  return `struct<${type.fields.map((field) => `${field.name}:${glueType(field.type)}`).join(',')}>`;
}

export interface GlueColumn {
  readonly Name: string;
  readonly Type: string;
  readonly Comment?: string;
  readonly Parameters: Record<string, string>;
}

/** The columns of a table, as Glue takes them: those of the current schema, then those that only former ones have. */
export function glueColumns({
  schemas,
  'current-schema-id': current,
}: Pick<TableMetadata, 'schemas' | 'current-schema-id'>): GlueColumn[] {
  const isCurrent = (schema: { readonly 'schema-id': number }) => schema['schema-id'] === current;
  const columns = new Map<string, GlueColumn>();
  for (const schema of [...schemas.filter(isCurrent), ...schemas])
    for (const field of schema.fields)
      if (!columns.has(field.name)) columns.set(field.name, column(field, isCurrent(schema)));
  return [...columns.values()];
}

const column = ({ id, name, required, type, doc }: IcebergField, current: boolean): GlueColumn => ({
  Name: name,
  Type: glueType(type),
  // One line, and no half of a character at its end: Glue would refuse the table.
  ...(doc ? { Comment: doc.replace(/\s+/g, ' ').slice(0, COMMENT).toWellFormed() } : {}),
  Parameters: {
    'iceberg.field.id': String(id),
    'iceberg.field.optional': String(!required),
    'iceberg.field.current': String(current),
  },
});

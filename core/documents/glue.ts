/** Columns as Glue and Athena name their types. */
import type { Contract } from '../contract/model.ts';
import { tableColumns, type Wanted } from '../lake/schema.ts';

const names: Readonly<Record<string, string>> = { long: 'bigint', timestamptz: 'timestamp' };

/** Glue takes no longer comment. */
const COMMENT = 255;

/** @example glueType({ list: 'long' }) // 'array<bigint>' */
export function glueType(type: Wanted): string {
  if (typeof type === 'string') return names[type] ?? type.replace(', ', ',');
  if ('list' in type) return `array<${glueType(type.list)}>`;
  return `struct<${type.struct.map((f) => `${f.name}:${glueType(f.type)}`).join(',')}>`;
}

export interface GlueColumn {
  readonly Name: string;
  readonly Type: string;
  readonly Comment?: string;
}

/** The columns of the dataset's table, as Glue's CreateTable takes them. */
export const glueColumns = (contract: Contract): GlueColumn[] =>
  tableColumns(contract).map(({ name, type, doc }) => ({
    Name: name,
    Type: glueType(type),
    ...(doc ? { Comment: doc.slice(0, COMMENT) } : {}),
  }));

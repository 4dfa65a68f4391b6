/** What CSV and Parquet share: named columns, known before the first record is read. */
import { claimColumns } from '../../core/contract/columns.ts';
import { pointer } from '../../core/contract/dialect.ts';
import type { Contract, Field } from '../../core/contract/model.ts';
import type { TextColumn } from '../../core/contract/sql-type.ts';
import { quote } from '../../core/contract/text.ts';

/** A named column of a file and the SQL of its text. */
export interface Column {
  readonly name: string;
  readonly text: string;
  readonly container?: string;
}

function jsonObject(columns: readonly Column[]): string {
  return `CAST(json_object(${columns.map((c) => `${quote(c.name)}, ${c.text}`).join(', ')}) AS VARCHAR)`;
}

/** What CSV and Parquet share: named columns, known before the first record is read. */
export function columnar(contract: Contract, columns: readonly Column[]) {
  const { claimed, unknown, missing } = claimColumns(contract, columns);
  const anyUnknown = `coalesce(${[...unknown.map((c) => c.text), 'NULL'].join(', ')}) IS NOT NULL`;
  return {
    column: (field: Field): TextColumn => {
      const column = claimed.get(field.name);
      return { sql: column?.text, container: column?.container };
    },
    raw: jsonObject(columns),
    again: (refused: string): string => {
      const texts = columns.map((c) => `json_extract_string(raw, ${quote(pointer(c.name))}) AS ${c.text}`);
      return `SELECT _row, raw, ${texts.join(', ')} FROM (${refused})`;
    },
    rescued: unknown.length ? `CASE WHEN ${anyUnknown} THEN ${jsonObject(unknown)} END` : undefined,
    identity: columns.map((c) => c.text),
    malformed: 'false',
    named: columns,
    unknown: unknown.map((c) => c.name),
    unrelated: claimed.size === 0,
    missing,
  };
}

/** A file of one JSON object a line as a source. */
import { namesInFiles } from '../../core/contract/contract.ts';
import type { Contract } from '../../core/contract/model.ts';
import { jsonText } from '../../core/contract/sql-type.ts';
import { quote } from '../../core/contract/text.ts';
import type { Fetched } from '../fetch/index.ts';
import { defaultLimits } from '../limits.ts';
import { cutAtRecords } from './cut.ts';
import { textParts } from './lines.ts';
import type { Source, SourceOptions } from './source.ts';

/** JSON objects as records, a line each, wherever the lines stand. */
interface JsonLines extends Omit<Source, 'parts' | 'rejects'> {
  /** `SELECT` of the records in a relation with a column `line`. */
  records(from: string): string;
}

/** @param containers whether lists and objects tell themselves from text */
export function jsonLines(
  contract: Contract,
  columns: number = defaultLimits.columns,
  containers = true,
): JsonLines {
  // Short lines cannot hold too many: `"":0,` is the least a member takes.
  const isNarrow = (line: string) =>
    `(strlen(${line}) < ${columns * 5} OR len(json_keys(${line})) <= ${columns})`;
  const isRecord = (line: string) =>
    `CASE WHEN json_valid(${line}) THEN json_type(${line}) = 'OBJECT' AND ${isNarrow(line)} ELSE false END`;
  const records = (from: string): string =>
    `SELECT *, CASE WHEN is_record THEN line ELSE '{}' END AS record FROM (SELECT *, ${isRecord('line')} AS is_record FROM (${from}))`;
  const known = namesInFiles(contract).map(quote).join(', ');
  const unknown = `list_distinct(list_filter(json_keys(record), lambda k: k NOT IN (${known})))`;
  const value = `json_extract(record, '/' || replace(replace(k, '~', '~0'), '/', '~1'))`;
  return {
    records,
    column: (field) => {
      const found = [field.name, ...field.aliases].map((name) => jsonText('record', name, field.type));
      return {
        sql: found.length === 1 ? found[0]!.sql : `coalesce(${found.map((f) => f.sql).join(', ')})`,
        container: containers ? found.map((f) => f.container).join(' OR ') : undefined,
      };
    },
    raw: 'line',
    again: (refused) => records(`SELECT _row, raw, raw AS line FROM (${refused})`),
    rescued: `CASE WHEN len(${unknown}) > 0 THEN CAST(to_json(map_from_entries(list_transform(${unknown}, lambda k: {'k': k, 'v': ${value}}))) AS VARCHAR) END`,
    identity: ['line'],
    malformed: 'NOT is_record',
    named: [],
    unknown: [],
    missing: [],
    unrelated: false,
  };
}

export async function ndjson(
  contract: Contract,
  file: Fetched & { format: 'ndjson' },
  { rowBytes, columns, ...cutting }: SourceOptions,
): Promise<Source> {
  const { records, ...source } = jsonLines(contract, columns, file.lines !== 'xml');
  const options = (): string =>
    `header = false, delim = '', quote = '', escape = '', columns = {'line': 'VARCHAR'}`;
  const lines = (numbered: string): string => records(`SELECT * FROM (${numbered}) WHERE line IS NOT NULL`);
  const pieces = await cutAtRecords(file.path, cutting);
  return { ...source, parts: textParts(pieces, rowBytes, options, lines), rejects: true };
}

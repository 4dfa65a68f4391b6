/** Trino's words, and so those of Athena. Sessions are in UTC. */
import { type Dialect, jsonShape } from '../dialect.ts';
import { BLANKS, quote } from '../text.ts';
import { fullMatch, matches } from './pattern.ts';

/** MySQL's letters, where they are not those of `strptime`. */
const mysql = (format: string): string => format.replace('%M', '%i').replace('%S', '%s');

/** A JSON path to one key. */
const path = (key?: string): string =>
  quote(key === undefined ? '$' : `$["${key.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"]`);

/** Minutes an ISO text is ahead of UTC. */
function offset(text: string): string {
  const part = (pattern: string, group: number): string =>
    `regexp_extract(${text}, '${pattern}\\z', ${group})`;
  const sign = part('([+-])[0-9]{2}:?[0-9]{0,2}', 1);
  const [hours, minutes] = [part('[+-]([0-9]{2}):?[0-9]{0,2}', 1), part('[+-][0-9]{2}:?([0-9]{2})', 1)];
  return `coalesce(CAST(${sign} || '1' AS BIGINT) * (CAST(${hours} AS BIGINT) * 60 + coalesce(CAST(${minutes} AS BIGINT), 0)), 0)`;
}

export const trino: Dialect = {
  usual: false,
  instant: 'TIMESTAMP(6) WITH TIME ZONE',
  none: 'CAST(ARRAY[] AS ARRAY(VARCHAR))',
  listType: (items) => `ARRAY(${items})`,
  structType: (members) => `ROW(${members})`,
  fullMatch,
  matches,
  trim: (text) => `nullif(trim(BOTH ${quote(BLANKS)} FROM ${text}), '')`,
  parse: (text, formats) =>
    `coalesce(${[...formats.map((format) => `TRY(date_parse(${text}, ${quote(mysql(format))}))`), 'NULL'].join(', ')})`,
  isoInstant(text) {
    // More than six digits would be rounded, and they are cut everywhere else.
    const clock = `regexp_extract(${text}, '\\A.{11}([0-9:]+([.][0-9]{1,6})?)', 1)`;
    const local = `CAST(substr(${text}, 1, 10) || ' ' || ${clock} AS TIMESTAMP(6))`;
    return `CAST(TRY(date_add('minute', -${offset(text)}, ${local})) AS TIMESTAMP(6) WITH TIME ZONE)`;
  },
  // Doubles are exact as far as the formats reach; adding to a moment takes no more than 32 bits.
  epoch: (count, unit) => `from_unixtime(CAST(${count} AS DOUBLE) / ${unit === 'second' ? 1 : 1000})`,
  instantAt: (iso) => `TIMESTAMP ${quote(iso.replace('T', ' ').replace('Z', ' UTC'))}`,
  list: (items) => `ARRAY[${items.join(', ')}]`,
  size: (list) => `cardinality(${list})`,
  distinct: (list) => `array_distinct(${list})`,
  notNull: (list) => `filter(${list}, r -> r IS NOT NULL)`,
  map: (list, name, body) => `transform(${list}, ${name} -> ${body})`,
  struct: (members, type) => `CAST(ROW(${members.map(([, sql]) => sql).join(', ')}) AS ${type})`,
  isJson: (text, json) => `(${fullMatch(text, jsonShape[json])} AND TRY(json_parse(${text})) IS NOT NULL)`,
  elements: (list) => `CAST(json_parse(${list}) AS ARRAY(JSON))`,
  jsonText(json, key) {
    const found = `json_format(json_extract(${json}, ${path(key)}))`;
    const container = `coalesce(substr(${found}, 1, 1) IN ('{', '['), false)`;
    const scalar = `json_extract_scalar(${json}, ${path(key)})`;
    // JavaScript writes 1e+21 where DuckDB writes 1e21. A text keeps its plus.
    const number = `replace(${scalar}, 'e+', 'e')`;
    return {
      text: `CASE WHEN ${container} THEN ${found} WHEN starts_with(${found}, '"') THEN ${scalar} ELSE ${number} END`,
      container,
    };
  },
};

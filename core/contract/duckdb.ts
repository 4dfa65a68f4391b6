/** DuckDB's words. */
import { type Dialect, jsonShape, pointer } from './dialect.ts';
import { toRe2 } from './regex.ts';
import { ident, quote, sqlFullMatch, sqlTrim } from './text.ts';

const at = (iso: string): string => `TIMESTAMPTZ ${quote(iso)}`;

export const duckdb: Dialect = {
  usual: true,
  instant: 'TIMESTAMPTZ',
  none: '[]::VARCHAR[]',
  listType: (items) => `${items}[]`,
  structType: (members) => `STRUCT(${members})`,
  fullMatch: sqlFullMatch,
  matches: (text, pattern) => `regexp_matches(${text}, ${quote(toRe2(new RegExp(pattern), 'pattern'))})`,
  trim: sqlTrim,
  parse: (text, formats) => `try_strptime(${text}, [${formats.map(quote).join(', ')}])`,
  isoInstant: (text) => `TRY_CAST(${text} AS TIMESTAMPTZ)`,
  epoch: (count, unit) => `make_timestamptz(${count} * ${unit === 'second' ? 1_000_000 : 1000})`,
  instantAt: at,
  list: (items) => `[${items.join(', ')}]`,
  size: (list) => `len(${list})`,
  distinct: (list) => `list_distinct(${list})`,
  notNull: (list) => `list_filter(${list}, lambda r: r IS NOT NULL)`,
  map: (list, name, body) => `list_transform(${list}, lambda ${name}: ${body})`,
  struct: (members) => `struct_pack(${members.map(([name, sql]) => `${ident(name)} := ${sql}`).join(', ')})`,
  isJson: (text, json) =>
    `(${sqlFullMatch(text, jsonShape[json])} AND CASE WHEN json_valid(${text}) THEN json_type(${text}) = '${json}' ELSE false END)`,
  elements: (list) => `json_extract(${list}, '$[*]')`,
  jsonText(json, key) {
    const path = quote(key === undefined ? '' : pointer(key));
    return {
      text: `json_extract_string(${json}, ${path})`,
      container: `coalesce(json_type(${json}, ${path}) IN ('OBJECT', 'ARRAY'), false)`,
    };
  },
};

/**
 * A file Trino reads as lines, one text each, and splits itself: its own readers of CSV fill up short records and
 * drop what is too much, and those of JSON give no text. Lines come as `(_row, line)`.
 */
import { claimColumns } from '../columns.ts';
import { namesInFiles } from '../contract.ts';
import type { Contract, Field } from '../model.ts';
import type { Judged } from '../sql.ts';
import { jsonText, type TextColumn } from '../sql-type.ts';
import { BLANKS, quote } from '../text.ts';
import { trino } from './dialect.ts';

/** A relation of lines as records. */
export interface Lines extends Judged {
  /** `SELECT` of the records, from one of lines. */
  records(lines: string): string;
  /** SQL of the record as the quarantine keeps it. */
  readonly raw: string;
  /** SQL of the values no field claims, as JSON text or null. */
  readonly rescued: string;
  /** SQL that tells the whole record from others. */
  readonly identity: string;
  /**
   * SQL over lines, true for one that the next may continue or that is no UTF-8: what a reader of lines makes of such a
   * file is not what it says.
   */
  readonly broken: string;
  /** Columns no field claims; empty where each record has its own. */
  readonly unknown: readonly string[];
}

const isRecord = 'NOT is_record';
/** Trino reads any bytes as text; what was no character is another one once it is read again. */
const unreadable = '(line IS NULL OR from_utf8(to_utf8(line)) <> line)';
const texts = (values: readonly string[]): string => trino.list(values.map(quote));

/** The first line of a CSV file. */
export interface Header {
  /** As it stands in the file. */
  readonly line: string;
  readonly names: readonly string[];
  readonly delimiter: string;
}

/** The lines but for the first that equals the header, wherever a reader put it; numbered as if it had not been there. */
function withoutHeader(lines: string, { line }: Header): string {
  const at = `(SELECT min(_row) FROM (${lines}) WHERE line IN (${quote(line)}, ${quote(`\ufeff${line}`)}))`;
  const numbered = `SELECT line, _row AS place, ${at} AS header_place FROM (${lines})`;
  return `SELECT line, place - IF(place > header_place, 1, 0) AS _row FROM (${numbered}) WHERE place IS DISTINCT FROM header_place`;
}

/** Lines of CSV; quotes as RFC 4180 has them. */
export function csvLines(contract: Contract, header: Header): Lines {
  const { names: all, delimiter } = header;
  const { claimed, unknown, missing } = claimColumns(
    contract,
    all.map((name, i) => ({ name, sql: `nullif(element_at(cells, ${i + 1}), '')` })),
  );
  // A caret at the start of a class would turn it round.
  const d = delimiter === '^' ? '\\^' : delimiter;
  // As DuckDB has it, one blank may stand before a quote and any after; elsewhere a quote is a character like others.
  const open = ' ?"[^"]*(?:""[^"]*)*';
  const bare = `(?:[^" ${d}][^${d}]*| (?:[^"${d}][^${d}]*)?)?`;
  const cell = `(?:${open}" *|${bare})`;
  const rest = `(?:[${d}]${cell})*`;
  const split = `regexp_extract_all(${quote(delimiter)} || line, ${quote(`[${d}](${cell})`)}, 1)`;
  const inner = `replace(regexp_extract(c, '(?s)\\A ?"(.*)" *\\z', 1), '""', '"')`;
  const unquoted = `CASE WHEN regexp_like(c, '\\A ?"') THEN ${inner} ELSE c END`;
  const json = (names: readonly string[], values: string): string =>
    `json_format(CAST(MAP(${texts(names)}, ${values}) AS JSON))`;
  const names = unknown.map(({ name }) => name);
  const strays = unknown.map(({ sql }) => sql);
  return {
    records(lines) {
      const found = `SELECT *, CASE WHEN ${trino.fullMatch('line', cell + rest)} THEN ${split} END AS found FROM (${withoutHeader(lines, header)})`;
      const counted = `SELECT *, coalesce(cardinality(found) = ${all.length}, false) AS is_record FROM (${found})`;
      const cells = trino.map('found', 'c', unquoted);
      return `SELECT _row, line, is_record, CASE WHEN is_record THEN ${cells} END AS cells FROM (${counted})`;
    },
    column: ({ name }: Field): TextColumn => ({ sql: claimed.get(name)?.sql }),
    raw: `CASE WHEN is_record THEN ${json(all, trino.map('cells', 'c', "nullif(c, '')"))} ELSE line END`,
    rescued: names.length
      ? `CASE WHEN coalesce(${[...strays, 'NULL'].join(', ')}) IS NOT NULL THEN ${json(names, trino.list(strays))} END`
      : 'CAST(NULL AS VARCHAR)',
    identity: 'cells',
    malformed: isRecord,
    broken: `${unreadable} OR ${trino.fullMatch('line', `(?:${cell}[${d}])*${open}`)}`,
    unknown: names,
    missing,
  };
}

/** Lines of one JSON object each. */
export function jsonLines(contract: Contract): Lines {
  const known = namesInFiles(contract).map(quote).join(', ');
  const strays = `map_filter(CAST(json_parse(record) AS MAP(VARCHAR, JSON)), (k, v) -> k NOT IN (${known}))`;
  const bare = `trim(BOTH ${quote(BLANKS)} FROM line)`;
  return {
    records(lines) {
      const judged = `SELECT *, coalesce(${trino.isJson(bare, 'OBJECT')}, false) AS is_record FROM (${lines})`;
      return `SELECT _row, line, is_record, CASE WHEN is_record THEN line ELSE '{}' END AS record FROM (${judged})`;
    },
    column(field) {
      const found = [field.name, ...field.aliases].map((name) => jsonText('record', name, field.type, trino));
      return {
        sql: found.length === 1 ? found[0]!.sql : `coalesce(${found.map(({ sql }) => sql).join(', ')})`,
        container: found.map(({ container }) => container).join(' OR '),
      };
    },
    raw: 'line',
    rescued: `CASE WHEN cardinality(${strays}) > 0 THEN json_format(CAST(${strays} AS JSON)) END`,
    identity: 'line',
    malformed: isRecord,
    broken: unreadable,
    unknown: [],
    missing: [],
  };
}

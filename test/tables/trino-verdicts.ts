/** The contract as Trino SQL judges as DuckDB does: the same files, row by row. */
import fc from 'fast-check';
import type { Contract } from '../../core/contract/model.ts';
import { valueName } from '../../core/contract/sql.ts';
import { csvLines, jsonLines, type Lines } from '../../core/contract/trino/lines.ts';
import { refusedSql, verdictsSql } from '../../core/contract/trino/verdict.ts';
import { UNKNOWN_COLUMN } from '../../core/generate/defects.ts';
import { generateRows, generateText } from '../../core/generate/generate.ts';
import { tableColumns } from '../../core/lake/schema.ts';
import { datasets } from '../../datasets/index.ts';
import { stores } from '../../datasets/retailos/stores.ts';
import { transactions } from '../../datasets/retailos/transactions.ts';
import type { Row } from '../../platform/engine/duckdb.ts';
import { asText, cell, everything, odd, oddRows, rowOf } from '../core/contract/drawn.ts';
import { take } from '../platform/engine/support.ts';
import { allAgree, type Check, plain, type Readings } from './trino-check.ts';
import type { Trino } from './trino-client.ts';
import { createLines, linesOf } from './trino-lines.ts';

const ROWS = 400;
const seed = Number(process.env.WHARF_SEED ?? Date.now() % 1_000_000);

interface Sample {
  readonly format: 'csv' | 'ndjson';
  readonly text: string;
  /** @default a comma */
  readonly delimiter?: string;
}

/** Hostile rows, then rows with the defects of real files; the same as CSV and as JSON. */
function samplesOf(contract: Contract): Sample[] {
  const { fields } = contract;
  // The generator needs examples to go by, and the contract of everything has none.
  const generates = contract !== everything;
  const fine = generates
    ? [...generateRows(contract, { rows: odd.length * fields.length, seed })].map(({ values }) => values)
    : [{ code: 'AB-12' }];
  const rows = [
    ...oddRows(fields, (row) => fine[row % fine.length]!),
    ...fc.sample(rowOf(fields), { numRuns: ROWS, seed }),
  ];
  const names = [...fields.map(({ name }) => name), UNKNOWN_COLUMN];
  // A line break inside a value is for other tests: here a line is a record.
  const line = (row: Record<string, unknown>): string =>
    `${names.map((name) => cell(asText(row[name]).replace(/[\r\n]+/g, ' '))).join(',')}\n`;
  const made = (format: 'csv' | 'ndjson'): string =>
    generates ? [...generateText(contract, { rows: ROWS, seed, defects: 0.4, format })].join('') : '';
  const ofCsv = made('csv').slice(made('csv').indexOf('\n') + 1);
  return [
    { format: 'csv', text: [`${names.join(',')}\n`, ...rows.map(line), ofCsv].join('') },
    { format: 'ndjson', text: [...rows.map((row) => `${JSON.stringify(row)}\n`), made('ndjson')].join('') },
  ];
}

function sourceOf(contract: Contract, { format, text, delimiter = ',' }: Sample): Lines {
  const line = text.slice(0, text.indexOf('\n'));
  return format === 'csv'
    ? csvLines(contract, { line, names: line.split(delimiter), delimiter })
    : jsonLines(contract);
}

/** What became of a record, in words both sides use. */
type Verdict = readonly unknown[];

/**
 * DuckDB's client takes a byte order mark at the start of a value for one of a file, and drops it; its dictionaries
 * take -0 and 0 for the same.
 */
const asRead = (value: unknown): unknown =>
  value === '-0'
    ? '0'
    : typeof value === 'string'
      ? value.replace(/^\ufeff/, '')
      : Array.isArray(value)
        ? value.map(asRead)
        : value;

/** Either side has its own order of members, and its own way to escape. */
const parsed = (text: unknown): unknown => {
  try {
    return /^[[{]/.test(String(text)) ? JSON.parse(String(text)) : text;
  } catch {
    return text;
  }
};

function accept(contract: Contract, row: number, values: readonly unknown[], rescued: unknown): Verdict {
  const columns = tableColumns(contract);
  return [row, ...values.map((value, i) => asRead(plain(columns[i]!.type, value))), parsed(rescued ?? null)];
}

/** The reasons of an object's members come in any order. */
function refuse(row: number, raw: unknown, reasons: unknown, received: unknown): Verdict {
  const [why, what] = [reasons as string[], received as string[]];
  return [
    row,
    parsed(raw),
    ...why.map((reason, i) => JSON.stringify([reason, parsed(asRead(what[i] ?? null))])).sort(),
  ];
}

const sorted = (verdicts: readonly Verdict[], duplicates: number): Verdict[] => [
  ['duplicates', duplicates],
  ...[...verdicts].sort(([a], [b]) => Number(a) - Number(b)),
];

async function ours(contract: Contract, { format, text }: Sample): Promise<Verdict[]> {
  const { judged, accepted, refused } = await take(contract, text, { name: `a.${format}` });
  const malformed = refused.flatMap(({ line }) => (line === null ? [] : [Number(line) - 1]));
  malformed.sort((a, b) => a - b);
  // DuckDB counts records and, apart from them, lines that are none.
  const ordinal = (row: unknown): number =>
    malformed.reduce((at, line) => (line <= at ? at + 1 : at), Number(row));
  const values = (row: Row): unknown[] => contract.fields.map(({ name }) => row[name]);
  return sorted(
    [
      ...accepted.map((row) => accept(contract, ordinal(row._row), values(row), row._rescued)),
      ...refused.map(({ _row, line, raw, reasons, received }) =>
        refuse(line === null ? ordinal(_row) : Number(line) - 1, raw, reasons, received),
      ),
    ],
    judged.duplicate,
  );
}

async function theirs(trino: Trino, name: string, contract: Contract, sample: Sample): Promise<Verdict[]> {
  const source = sourceOf(contract, sample);
  const verdicts = verdictsSql(contract, source, await linesOf(trino, name, sample.text));
  const values = contract.fields.map(valueName).join(', ');
  const kept = await trino.query(
    `SELECT _row, outcome, ${source.rescued}, ${values} FROM (${verdicts}) WHERE outcome <> 'quarantined'`,
  );
  const accepted = kept.rows.filter(([, outcome]) => outcome === 'accepted');
  const refused = await trino.query(refusedSql(contract, source, verdicts));
  return sorted(
    [
      ...accepted.map(([row, , rescued, ...found]) => accept(contract, Number(row), found, rescued)),
      ...refused.rows.map(([row, ...why]) => refuse(Number(row), ...(why as [unknown, unknown, unknown]))),
    ],
    kept.rows.length - accepted.length,
  );
}

/** Quotes and blanks in every place, between delimiters of every kind. */
function quoteSamples(): Sample[] {
  const texts = [
    'a',
    '',
    ' ',
    '"a"',
    '"a""b"',
    '""',
    ' "a"',
    '  "a"',
    '"a" ',
    '"a"   ',
    'a"b',
    'a "b" c',
    '"a"b',
    '" a "',
  ];
  return [',', ';', '\t', '|', '^', '~'].map((delimiter) => {
    const line = (...cells: string[]): string => `${cells.join(delimiter)}\n`;
    const held = [...texts, `"a${delimiter}b"`, ` "a${delimiter}b"`];
    const lines = held.flatMap((x, i) => held.map((y, j) => line(`${i}-${j}`, x, y, 'North')));
    const head = line('store_id', 'store_name', 'city', 'region');
    return { format: 'csv', delimiter, text: head + lines.join('') };
  });
}

/** Each way to treat repeated rows and keys. */
const policies = (['drop', 'quarantine', 'keep'] as const).map((rows, i): Contract => {
  const keys = (['keep', 'drop', 'quarantine'] as const)[i]!;
  return { ...transactions, name: `policies.${rows}_rows_${keys}_keys`, duplicates: { rows, keys } };
});

/** @returns whether all verdicts, reasons and values agree */
export async function judgeVerdicts(trino: Trino): Promise<boolean> {
  console.log(`WHARF_SEED=${seed}`);
  await createLines(trino);
  const only = process.env.WHARF_DATASET;
  const checks = [...datasets, ...policies, everything]
    .filter(({ name }) => !only || name.startsWith(only))
    .flatMap((contract) =>
      samplesOf(contract).map((sample): Check => {
        const name = `${contract.name.replace('.', '_')}_${sample.format}`;
        const read = async (): Promise<Readings> =>
          Promise.all([ours(contract, sample), theirs(trino, name, contract, sample)]);
        return [`${contract.name} as ${sample.format}: verdicts, reasons and values are DuckDB’s`, read];
      }),
    );
  const quotes = quoteSamples().map((sample, i): Check => {
    const read = async (): Promise<Readings> =>
      Promise.all([ours(stores, sample), theirs(trino, `quotes_${i}`, stores, sample)]);
    return [
      `quotes and blanks between ${JSON.stringify(sample.delimiter)} are read as DuckDB reads them`,
      read,
    ];
  });
  return allAgree(only ? checks : [...quotes, ...checks]);
}

/** Made-up data for any contract: for demos, tests and benches. Rows stream, so any number fits into memory. */
import type { Contract } from '../contract/model.ts';
import { judgeRow } from '../contract/row.ts';
import { spoil, type Values } from './defects.ts';
import { type Random, random } from './random.ts';
import { make } from './values.ts';

export type GenerateFormat = 'csv' | 'ndjson' | 'json';

export interface GenerateOptions {
  readonly rows: number;
  /** @default 1 */
  readonly seed?: number;
  /** Share of rows with a defect, 0 to 1. @default 0 */
  readonly defects?: number;
  /** @default '2025-01-15' */
  readonly day?: string;
}

/** How often an optional field is there. */
const PRESENT = 0.85;

function oneRow(contract: Contract, random: Random, row: number, day: string): Values {
  const values: Values = {};
  for (const field of contract.fields) {
    // A field that rules compare is optional more often than not: absent, it cannot break one.
    const there = field.required || random.chance(PRESENT);
    if (there)
      values[field.name] = make(field.type, field, {
        random,
        row,
        day,
        unique: field.name === contract.key[0],
      });
  }
  return values;
}

/** Drops optional fields until the row's rules hold. */
function lawful(contract: Contract, values: Values): Values {
  if (contract.rules.length === 0 || judgeRow(contract, values).ok) return values;
  const kept = Object.entries(values).filter(([name]) =>
    contract.fields.some((f) => f.name === name && f.required),
  );
  const strict = Object.fromEntries(kept);
  const lower = { ...strict };
  for (const field of contract.fields)
    if (field.type.is === 'int' && field.name in lower && !judgeRow(contract, lower).ok)
      lower[field.name] = '1';
  return lower;
}

/** Rows as texts by field. The same options give the same rows. */
export function* generateRows(
  contract: Contract,
  { rows, seed = 1, defects = 0, day = '2025-01-15' }: GenerateOptions,
): Generator<Values> {
  const source = random(seed);
  let before: Values | undefined;
  for (let row = 0; row < rows; row++) {
    const good = lawful(contract, oneRow(contract, source, row, day));
    const bad = source.chance(defects);
    // One defect in five is a row that comes twice.
    const values = !bad ? good : before && source.chance(0.2) ? before : spoil(contract, good, source);
    before = good;
    yield values;
  }
}

const cell = (text: string): string =>
  /[",\r\n]/.test(text) || text !== text.trim() ? `"${text.replaceAll('"', '""')}"` : text;

/** How rows become text: what stands before the first, between two, and after the last. */
const writers: Readonly<
  Record<
    GenerateFormat,
    (names: readonly string[]) => { head: string; row(values: Values, first: boolean): string; tail: string }
  >
> = {
  csv: (names) => ({
    head: `${names.join(',')}\n`,
    row: (values) => `${names.map((name) => cell(values[name] ?? '')).join(',')}\n`,
    tail: '',
  }),
  ndjson: () => ({ head: '', row: (values) => `${JSON.stringify(values)}\n`, tail: '' }),
  json: () => ({
    head: '[\n',
    row: (values, first) => `${first ? '' : ',\n'}${JSON.stringify(values)}`,
    tail: '\n]\n',
  }),
};

const CHUNK = 64 << 10;

/**
 * A file's text in chunks.
 * @example for (const chunk of generateText(stores, { rows: 10, format: 'csv' })) process.stdout.write(chunk);
 */
export function* generateText(
  contract: Contract,
  { format, ...options }: GenerateOptions & { readonly format: GenerateFormat },
): Generator<string> {
  const writer = writers[format](contract.fields.map(({ name }) => name));
  let text = writer.head;
  let first = true;
  for (const values of generateRows(contract, options)) {
    text += writer.row(values, first);
    first = false;
    if (text.length >= CHUNK) {
      yield text;
      text = '';
    }
  }
  yield text + writer.tail;
}

/** Made-up data for any contract: for demos, tests and benches. Rows stream, so any number fits into memory. */
import type { Contract } from '../contract/model.ts';
import { WharfError } from '../errors.ts';
import { type DefectName, defectNames, type GeneratedRow, type Scene, defects as table } from './defects.ts';
import { dayNumber } from './moments.ts';
import { random } from './random.ts';
import { columnsOf, drawRow, type Row } from './row.ts';
import { lawsOf, obey } from './rules.ts';
import { type GenerateFormat, writers } from './writers.ts';

export type { GenerateFormat };

export interface GenerateOptions {
  readonly rows: number;
  /** @default 1 */
  readonly seed?: number;
  /** Share of rows with a defect, 0 to 1. @default 0 */
  readonly defects?: number;
  /** The defects to choose from. @default all that the format can hold */
  readonly kinds?: readonly DefectName[];
  /** The day the data is of. @default '2025-01-15' */
  readonly day?: string;
}

type Checked = Required<GenerateOptions>;

function checked({
  rows,
  seed = 1,
  defects = 0,
  kinds = defectNames,
  day = '2025-01-15',
}: GenerateOptions): Checked {
  const wrong = [
    Number.isSafeInteger(rows) && rows >= 0 ? [] : [`rows is ${rows}: a whole number from 0 is expected`],
    Number.isSafeInteger(seed) ? [] : [`seed is ${seed}: a whole number is expected`],
    defects >= 0 && defects <= 1 ? [] : [`defects is ${defects}: a share from 0 to 1 is expected`],
    /^\d{4}-\d\d-\d\d$/.test(day) && !Number.isNaN(dayNumber(day))
      ? []
      : [`day is "${day}": a day such as 2025-01-15 is expected`],
  ].flat();
  if (wrong.length)
    throw new WharfError(wrong.join('; '), { code: 'generate.invalid_option', route: 'usage' });
  return { rows, seed, defects, kinds, day };
}

/** Spoils a row in one of the ways that work on it; undefined where none does. */
function spoil(scene: Scene, kinds: readonly DefectName[]): GeneratedRow | undefined {
  const left = [...kinds];
  while (left.length) {
    const [defect] = left.splice(scene.random.int(0, left.length - 1), 1) as [DefectName];
    const values = table[defect].strike(scene);
    if (values) return { values, defect };
  }
  return undefined;
}

/**
 * Rows as texts by field. The same options give the same rows. Without defects every row keeps the contract: its
 * fields, rules and key.
 * @throws WharfError `generate.*`
 */
export function* generateRows(contract: Contract, options: GenerateOptions): Generator<GeneratedRow> {
  const { rows, seed, defects, kinds, day } = checked(options);
  const source = random(seed);
  const columns = columnsOf(contract, dayNumber(day));
  const laws = lawsOf(contract, columns);
  let last: Row | undefined;
  for (let n = 0; n < rows; n++) {
    const row = drawRow(columns, source, n);
    if (laws.length) obey(laws, row, source);
    const spoiled =
      defects > 0 && source.chance(defects)
        ? spoil({ contract, columns, laws, random: source, row, last }, kinds)
        : undefined;
    // Two rows that repeat the same key could be the same row, which is another defect.
    if (!spoiled) last = row;
    else if (spoiled.defect === 'repeated_key') last = undefined;
    yield spoiled ?? { values: row };
  }
}

const CHUNK = 64 << 10;

/**
 * A file's text in chunks.
 * @example for (const chunk of generateText(stores, { rows: 10, format: 'csv' })) process.stdout.write(chunk);
 */
export function* generateText(
  contract: Contract,
  { format, ...options }: GenerateOptions & { readonly format: GenerateFormat },
): Generator<string> {
  const kinds = (options.kinds ?? defectNames).filter(
    (kind) => kind !== 'malformed_line' || format === 'csv',
  );
  const unknownColumn = (options.defects ?? 0) > 0 && kinds.includes('unknown_column');
  const writer = writers[format]({ contract, unknownColumn });
  let text = writer.head;
  let first = true;
  for (const row of generateRows(contract, { ...options, kinds })) {
    text += writer.row(row, first);
    first = false;
    if (text.length >= CHUNK) {
      yield text;
      text = '';
    }
  }
  yield text + writer.tail;
}

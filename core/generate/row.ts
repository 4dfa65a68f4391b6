/** Rows that a contract accepts, before anything is wrong with them. */
import type { Contract, Field } from '../contract/model.ts';
import { WharfError } from '../errors.ts';
import { type Random, random } from './random.ts';
import { POOL, type Values, valuesOf } from './values.ts';

/** The texts of a row by field, as they would stand in a file; null where nothing stands. */
export type Row = Record<string, string | null>;

export interface Column {
  readonly field: Field;
  readonly values: Values;
  /** Set for the fields that keep keys apart: which of its texts row number n gets. */
  readonly nth?: (row: number) => number;
}

/** How often an optional field is there. */
const PRESENT = 0.85;
/** Draws by which a field's source is tried before the first row. */
const TRIALS = 50;

/** Whether the contract takes a text for a field, rules aside. */
export const accepts = (contract: Contract, { name }: Field, text: string | null): boolean =>
  contract.row.shape[name]!.safeParse(text).success;

/**
 * Makes the fields of the key that can count do so, like the digits of a number: each runs through its pool, the
 * leading one goes on for ever.
 */
function count({ key }: Contract, columns: readonly Column[]): Column[] {
  const keyed = columns.filter(({ field }) => key.includes(field.name));
  const counting = keyed.filter(({ field }) => ['id', 'text', 'int'].includes(field.type.is));
  const digits = counting.length ? counting : keyed.slice(0, 1);
  const leading = digits.find(({ values }) => values.size === undefined) ?? digits[0];
  let stride = 1;
  const nth = new Map<Column, Column['nth']>();
  for (const column of digits) {
    if (column === leading) continue;
    const [below, pool] = [stride, column.values.size ?? POOL];
    nth.set(column, (row) => Math.floor(row / below) % pool);
    stride *= pool;
  }
  if (leading) nth.set(leading, (row) => Math.floor(row / stride));
  return columns.map((column) => ({ ...column, nth: nth.get(column) }));
}

/** @throws WharfError `generate.needs_examples` for a field whose texts cannot be guessed from the contract */
export function columnsOf(contract: Contract, day: number): Column[] {
  const columns = contract.fields.map((field) => ({ field, values: valuesOf(field.type, field, day) }));
  const counted = count(contract, columns);
  const trial = random(0);
  for (const { field, values, nth } of counted)
    for (let n = 0; n < TRIALS; n++) {
      const text = nth ? values.nth(n) : values.any(trial);
      if (!accepts(contract, field, text))
        throw new WharfError(
          `"${contract.name}": "${text}", made up for the field "${field.name}", is refused`,
          {
            code: 'generate.needs_examples',
            route: 'usage',
            fix: "Give the field values it accepts: .meta({ examples: ['…', '…'] })",
          },
        );
    }
  return counted;
}

/** Draws row number `row`. */
export function drawRow(columns: readonly Column[], random: Random, row: number): Row {
  const drawn: Row = {};
  for (const { field, values, nth } of columns)
    drawn[field.name] = nth
      ? values.nth(nth(row))
      : field.required || random.chance(PRESENT)
        ? values.any(random)
        : null;
  return drawn;
}

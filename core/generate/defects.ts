/** What goes wrong with rows, each way a row of a table, with what becomes of it. */
import type { Contract, DuplicatePolicy, Field } from '../contract/model.ts';
import type { Random } from './random.ts';
import { accepts, type Column, type Row } from './row.ts';
import { disobey, type Law } from './rules.ts';

export type Outcome = 'accepted' | 'quarantined' | 'duplicate';

/** A good row about to be spoiled. */
export interface Scene {
  readonly contract: Contract;
  readonly columns: readonly Column[];
  readonly laws: readonly Law[];
  readonly random: Random;
  readonly row: Row;
  /** The last row without a defect. */
  readonly last?: Row;
}

interface Defect {
  /** The spoiled row; undefined where this contract or row cannot be spoiled so. */
  strike(scene: Scene): Row | undefined;
  outcome(contract: Contract): Outcome;
}

/** The column no contract knows. */
export const UNKNOWN_COLUMN = 'unannounced_note';

const always = (outcome: Outcome) => () => outcome;
const byPolicy: Record<DuplicatePolicy, Outcome> = {
  drop: 'duplicate',
  quarantine: 'quarantined',
  keep: 'accepted',
};
const ofKeys = ({ key, duplicates }: Contract): Outcome =>
  key.length ? byPolicy[duplicates.keys] : 'accepted';

/** Spoils the text of one field. Only a text that the field then refuses (or still accepts) counts. */
const text = (
  outcome: 'accepted' | 'quarantined',
  strikes: (field: Field) => boolean,
  spoil: (value: string, field: Field, random: Random) => string | undefined,
): Defect => ({
  strike({ contract, columns, row, random }) {
    const targets = columns.filter(
      ({ field }) => strikes(field) && !(outcome === 'accepted' && row[field.name] === null),
    );
    if (targets.length === 0) return undefined;
    const { field, values } = random.pick(targets);
    const bad = spoil(row[field.name] ?? values.any(random), field, random);
    const fits = bad !== undefined && accepts(contract, field, bad) === (outcome === 'accepted');
    return fits ? { ...row, [field.name]: bad } : undefined;
  },
  outcome: always(outcome),
});

const is =
  (...kinds: readonly Field['type']['is'][]) =>
  ({ type }: Field): boolean =>
    kinds.includes(type.is);

/** A text just outside the limits; undefined where there are none. */
function beyond({ type }: Field): string | undefined {
  if ('maxLength' in type && type.maxLength !== undefined) return 'x'.repeat(type.maxLength + 1);
  if (type.is !== 'int' && type.is !== 'decimal' && type.is !== 'float') return undefined;
  if (type.min) return String(Number(type.min.value) - 1);
  if (type.max) return String(Number(type.max.value) + 1);
  return type.is === 'float' ? '1e999' : '9'.repeat(40);
}

export const defects = {
  missing_value: text(
    'quarantined',
    ({ required }) => required,
    () => '',
  ),
  wrong_type: text('quarantined', is('int', 'decimal', 'float', 'boolean'), (_, __, random) =>
    random.pick(['n/a', 'twelve', '1,5', '#REF!', '12 pcs']),
  ),
  bad_date: text('quarantined', is('date', 'instant'), (_, __, random) =>
    random.pick(['2024-02-30', 'yesterday', '00/00/0000', '2024-13-01T00:00:00']),
  ),
  out_of_range: text(
    'quarantined',
    (field) => beyond(field) !== undefined,
    (_, field) => beyond(field),
  ),
  bad_enum: text('quarantined', is('enum'), (value, _, random) =>
    random.pick(['unknown', '?', value.toUpperCase(), `${value}s`]),
  ),
  bad_pattern: text(
    'quarantined',
    ({ type }) => 'patterns' in type && type.patterns.length > 0,
    (value) => `#${value}`,
  ),
  broken_rule: {
    strike: ({ laws, row, random }) => (laws.length ? disobey(random.pick(laws), row, random) : undefined),
    outcome: always('quarantined'),
  },
  duplicate_row: {
    strike: ({ last }) => last,
    outcome: (contract) =>
      contract.duplicates.rows === 'keep' ? ofKeys(contract) : byPolicy[contract.duplicates.rows],
  },
  repeated_key: {
    strike({ contract: { key }, laws, row, last }) {
      if (!last || key.length === 0) return undefined;
      const again = { ...row, ...Object.fromEntries(key.map((name) => [name, last[name]!])) };
      const differs = Object.keys(row).some((name) => again[name] !== last[name]);
      return differs && !laws.some((law) => law.isBroken(again)) ? again : undefined;
    },
    outcome: ofKeys,
  },
  /** The CSV writer leaves out the last cells. */
  malformed_line: {
    strike: ({ row, columns }) => (columns.length > 1 ? row : undefined),
    outcome: always('quarantined'),
  },
  unknown_column: {
    strike: ({ row }) => ({ ...row, [UNKNOWN_COLUMN]: 'ask Meera' }),
    outcome: always('accepted'),
  },
  whitespace: text(
    'accepted',
    ({ type }) => type.is !== 'text',
    (value) => `  ${value} `,
  ),
  /** UTF-8 read as Windows-1252 by somebody before us: ugly, and not ours to refuse. */
  mojibake: text('accepted', is('text'), (value) => `${value} CafÃ©`),
} as const satisfies Record<string, Defect>;

export type DefectName = keyof typeof defects;

/** A row and what is wrong with it. */
export interface GeneratedRow {
  readonly values: Readonly<Row>;
  readonly defect?: DefectName;
}

export const defectNames = Object.keys(defects) as readonly DefectName[];

/** What becomes of a row with this defect. @example outcomeOf(stores, 'repeated_key') // 'quarantined' */
export const outcomeOf = (contract: Contract, defect?: DefectName): Outcome =>
  defect ? defects[defect].outcome(contract) : 'accepted';

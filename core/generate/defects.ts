/** Ways a row goes wrong, each a row of a table. */
import type { Contract, Field } from '../contract/model.ts';
import type { Random } from './random.ts';

export type Values = Record<string, string>;

interface Defect {
  /** Fields it can strike. */
  strikes(field: Field): boolean;
  /** The bad text. */
  spoil(field: Field, random: Random): string;
}

const numeric = new Set(['int', 'decimal', 'float']);
const bounded = (field: Field): boolean =>
  'min' in field.type && field.type.min !== undefined && numeric.has(field.type.is);

export const defects: readonly Defect[] = [
  { strikes: (f) => f.required, spoil: () => '' },
  {
    strikes: (f) => numeric.has(f.type.is),
    spoil: (_, random) => random.pick(['n/a', 'twelve', '1,5', '#REF!']),
  },
  { strikes: bounded, spoil: (f) => String(Number((f.type as { min: { value: string } }).min.value) - 1) },
  { strikes: (f) => f.type.is === 'enum', spoil: (_, random) => random.pick(['unknown', 'OTHER', '?']) },
  {
    strikes: (f) => f.type.is === 'date' || f.type.is === 'instant',
    spoil: (_, random) => random.pick(['2024-02-30', 'yesterday', '00/00/0000']),
  },
];

/** Spoils one field of a row. */
export function spoil(contract: Contract, values: Values, random: Random): Values {
  const { strikes, spoil: text } = random.pick(defects);
  const targets = contract.fields.filter(strikes);
  const field = random.pick(targets.length ? targets : contract.fields.filter((f) => f.required));
  return field ? { ...values, [field.name]: targets.length ? text(field, random) : '' } : values;
}

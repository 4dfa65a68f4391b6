/** Finds what of a delivery is not as its contract, or as the deliveries before it. */
import { claimColumns } from '../contract/columns.ts';
import type { Contract, Field } from '../contract/model.ts';
import { arrivals } from './arrivals.ts';
import { claims } from './claims.ts';
import type { ColumnProfile, Finding, History, Sample, SampledColumn } from './model.ts';
import { profileColumn } from './profile.ts';

/** A column of the delivery, and what it looks like. */
export interface Seen extends SampledColumn {
  readonly profile: ColumnProfile;
}

export interface Looked {
  readonly contract: Contract;
  readonly records: number;
  /** Columns by the field that reads them. */
  readonly claimed: ReadonlyMap<Field, Seen>;
  /** Columns no field claims. */
  readonly unknown: readonly Seen[];
  /** Fields without a column. */
  readonly missing: readonly Field[];
  readonly history?: History;
}

export interface Detected {
  readonly findings: readonly Finding[];
  /** For {@link remember}: what the fields look like in this delivery, in the order of their columns. */
  readonly fields: Readonly<Record<string, ColumnProfile>>;
  readonly order: readonly string[];
}

/** Compares a sample of a delivery with its contract and with what is known of earlier deliveries. */
export function detect(contract: Contract, sample: Sample, history?: History): Detected {
  const byName = claimColumns(contract, sample.columns, sample.exact);
  const fieldOf = (column: SampledColumn) =>
    contract.fields.find(({ name }) => byName.claimed.get(name) === column);
  const claimed = new Map<Field, Seen>();
  for (const column of sample.columns) {
    const field = fieldOf(column);
    if (field)
      claimed.set(field, { ...column, profile: profileColumn(column.values, field.pii !== undefined) });
  }
  const looked: Looked = {
    contract,
    records: sample.records,
    claimed,
    unknown: byName.unknown.map((column) => ({ ...column, profile: profileColumn(column.values) })),
    missing: contract.fields.filter(({ name }) => byName.missing.includes(name)),
    history,
  };
  const order = [...claimed.keys()].map(({ name }) => name);
  return {
    findings: [...arrivals(looked), ...reordered(order, history), ...claims(looked)],
    fields: Object.fromEntries([...claimed].map(([{ name }, { profile }]) => [name, profile])),
    order,
  };
}

/** Whether what came before comes in another order. */
function reordered(order: readonly string[], history: History | undefined): Finding[] {
  if (!history) return [];
  const common = (names: readonly string[], others: readonly string[]) =>
    names.filter((name) => others.includes(name));
  const [was, is] = [common(history.order, order), common(order, history.order)];
  const moved = is.filter((name, i) => was[i] !== name);
  if (moved.length === 0) return [];
  return [
    {
      kind: 'reordered',
      confidence: 1,
      evidence: [
        `${moved.length} of ${is.length} columns stand elsewhere: ${moved.join(', ')}`,
        'Columns are told by their names: nothing changes',
      ],
    },
  ];
}

/** Which column of a file each field reads. */
import { headerKey } from './contract.ts';
import type { Contract } from './model.ts';

interface Claimed<C> {
  /** Columns by the field that reads them. */
  readonly claimed: ReadonlyMap<string, C>;
  /** Columns no field claims. */
  readonly unknown: readonly C[];
  /** Fields there is no column for. */
  readonly missing: readonly string[];
}

/**
 * Fields read columns by name or alias, without regard to case and punctuation.
 * @param exact with regard to both, as in JSON
 */
export function claimColumns<C extends { readonly name: string }>(
  { fields }: Contract,
  columns: readonly C[],
  exact = false,
): Claimed<C> {
  const keyOf = exact ? (name: string) => name : headerKey;
  const byKey = new Map(columns.map((column) => [keyOf(column.name), column]));
  const claimed = new Map<string, C>();
  for (const { name, aliases } of fields) {
    const column = [name, ...aliases].map((alias) => byKey.get(keyOf(alias))).find(Boolean);
    if (column) claimed.set(name, column);
  }
  const taken = new Set(claimed.values());
  return {
    claimed,
    unknown: columns.filter((column) => !taken.has(column)),
    missing: fields.filter(({ name }) => !claimed.has(name)).map(({ name }) => name),
  };
}

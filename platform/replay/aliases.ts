/** Which names a contract's fields go by in refused records. */
import { claimColumns } from '../../core/contract/columns.ts';
import { headerKey, namesInFiles } from '../../core/contract/contract.ts';
import type { Contract } from '../../core/contract/model.ts';
import type { ReplayHeader } from '../../core/replay/model.ts';

type Aliases = ReplayHeader['aliases'];

/** A contract whose fields go by these names as well. */
export const withAliases = (contract: Contract, aliases: Aliases): Contract => ({
  ...contract,
  fields: contract.fields.map((field) => ({
    ...field,
    aliases: [...field.aliases, ...(aliases[field.name] ?? [])],
  })),
});

/**
 * The names that fields go by in records with these keys. A refused row of a CSV file has the columns' names as they
 * stood in its header, which are matched without regard to case and punctuation; JSON names its members exactly.
 * @param header columns that somebody says are fields
 */
export function aliasesIn(
  contract: Contract,
  keys: readonly string[],
  header: Readonly<Record<string, string>>,
): Aliases {
  const given = keys.flatMap((key) => {
    const named = Object.entries(header).find(([from]) => headerKey(from) === headerKey(key));
    return named ? [{ field: named[1], key }] : [];
  });
  const taken = new Set(given.map(({ key }) => key));
  const exact = new Set(namesInFiles(contract));
  const other = keys.filter((key) => !taken.has(key));
  const { claimed } = claimColumns(
    contract,
    // Of several columns for one field, the one with the exact name is read.
    other.toSorted((a, b) => Number(exact.has(a)) - Number(exact.has(b))).map((name) => ({ name })),
  );
  const found = [...claimed].flatMap(([field, { name }]) => (exact.has(name) ? [] : [{ field, key: name }]));
  const all = Object.groupBy([...given, ...found], ({ field }) => field);
  return Object.fromEntries(Object.entries(all).map(([field, of]) => [field, of!.map(({ key }) => key)]));
}

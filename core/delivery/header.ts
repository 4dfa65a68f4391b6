/** What a file's header makes of its delivery. */
import type { Contract } from '../contract/model.ts';
import type { Drift, Manifest } from './model.ts';

/** A header lacks nothing but what the contract can do without, or every row is refused. */
export const judgeHeader = (
  { fields }: Contract,
  { unknown, missing }: Drift,
): Pick<Manifest, 'refused' | 'drift'> => ({
  refused: fields.some(({ name, required }) => required && missing.includes(name)),
  drift: unknown.length + missing.length > 0 ? { unknown, missing } : undefined,
});

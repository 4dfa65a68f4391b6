/** Values that are what they should be, in other shares than before. */
import { FEW, type Look, present, rounded } from './case.ts';
import { figure, percent } from './words.ts';

/** More or fewer values missing than before. */
export const nulls: Look = ({ field, column: { name, profile }, before }) => {
  if (!before || Math.min(profile.records, before.records) < FEW) return undefined;
  const [was, is] = [before.nulls, profile.nulls];
  const pooled = (was * before.records + is * profile.records) / (before.records + profile.records);
  const error = Math.sqrt(pooled * (1 - pooled) * (1 / before.records + 1 / profile.records));
  const off = Math.abs(is - was);
  if (off < 0.1 || off < 4 * error) return undefined;
  return {
    kind: 'nulls',
    field: field.name,
    column: name,
    confidence: rounded(0.5 + off / 2 + Math.min(0.3, off / error / 40)),
    evidence: [`${percent(is)} of ${profile.records} records have no value; so far it was ${percent(was)}`],
  };
};

/** Numbers or categories that are spread otherwise than before. Moments always move on. */
export const distribution: Look = ({ field, type, column: { name, profile }, before }) => {
  if (!before || type.is === 'date' || type.is === 'instant' || type.is === 'id') return undefined;
  if (Math.min(present(profile), present(before)) < 50) return undefined;
  const numbers = profile.quantiles && before.quantiles && moved(before.quantiles, profile.quantiles);
  const mixed = !profile.quantiles && profile.distinct < 0.2 ? mixture(before.top, profile.top) : undefined;
  const found = numbers ?? mixed;
  if (!found) return undefined;
  return {
    kind: 'distribution',
    field: field.name,
    column: name,
    confidence: rounded(found.confidence),
    evidence: [found.words],
  };
};

interface Moved {
  readonly confidence: number;
  readonly words: string;
}

function moved(was: readonly number[], is: readonly number[]): Moved | undefined {
  const width = (q: readonly number[]): number => Math.max(q[3]! - q[1]!, Math.abs(q[2]!) / 20, 1e-9);
  const off = Math.abs(is[2]! - was[2]!) / width(was);
  const stretch = Math.max(width(is) / width(was), width(was) / width(is));
  if (off < 1 && stretch < 3) return undefined;
  return {
    confidence: Math.min(1, 0.5 + Math.max(off / 4, stretch / 12)),
    words: `The median is ${figure(is[2]!)} and was ${figure(was[2]!)}; half of the values lie within ${figure(is[1]!)} and ${figure(is[3]!)}, before within ${figure(was[1]!)} and ${figure(was[3]!)}`,
  };
}

function mixture(
  was: Readonly<Record<string, number>> | undefined,
  is: Readonly<Record<string, number>> | undefined,
): Moved | undefined {
  if (!was || !is) return undefined;
  const same = Object.entries(is).reduce((sum, [hash, of]) => sum + Math.min(of, was[hash] ?? 0), 0);
  if (same > 0.65) return undefined;
  return {
    confidence: 1 - same / 2,
    words: `${percent(1 - same)} of the values fell otherwise into categories than so far`,
  };
}

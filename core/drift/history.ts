/** What is kept of the deliveries of a dataset, brought up to date by each. */
import type { ColumnProfile, History } from './model.ts';

/** The newest delivery counts at least so much: what changed for good is usual soon. */
const LEAST = 0.2;
const KEPT = 12;

const round = (value: number): number => Math.round(value * 1000) / 1000;

function blend(was: Readonly<Record<string, number>>, is: Readonly<Record<string, number>>, by: number) {
  const names = new Set([...Object.keys(was), ...Object.keys(is)]);
  const mixed = [...names].map(
    (name) => [name, round((was[name] ?? 0) * (1 - by) + (is[name] ?? 0) * by)] as const,
  );
  const most = mixed.filter(([, of]) => of > 0).sort(([, a], [, b]) => b - a);
  return Object.fromEntries(most);
}

const top = (shares: Readonly<Record<string, number>>) =>
  Object.fromEntries(Object.entries(shares).slice(0, KEPT));

function blended(was: ColumnProfile, is: ColumnProfile, by: number): ColumnProfile {
  if (is.nulls === 1) return { ...was, nulls: round(was.nulls * (1 - by) + by) };
  const mix = (a: number, b: number): number => round(a * (1 - by) + b * by);
  const { quantiles = is.quantiles } = was;
  return {
    records: is.records,
    nulls: mix(was.nulls, is.nulls),
    distinct: mix(was.distinct, is.distinct),
    reads: blend(was.reads, is.reads, by),
    outlines: top(blend(was.outlines, is.outlines, by)),
    lengths: [
      Math.min(was.lengths[0], is.lengths[0]),
      mix(was.lengths[1], is.lengths[1]),
      Math.max(was.lengths[2], is.lengths[2]),
    ],
    ...(quantiles && is.quantiles ? { quantiles: quantiles.map((q, i) => mix(q, is.quantiles![i]!)) } : {}),
    ...(was.top && is.top ? { top: top(blend(was.top, is.top, by)) } : {}),
  };
}

/** The history with one delivery more. */
export function remember(
  history: History | undefined,
  fields: Readonly<Record<string, ColumnProfile>>,
  order: readonly string[],
): History {
  const deliveries = history?.deliveries ?? 0;
  const by = Math.max(LEAST, 1 / (deliveries + 1));
  const known = history?.fields ?? {};
  const told = Object.entries(fields).filter(([, { records }]) => records > 0);
  return {
    deliveries: deliveries + 1,
    order,
    fields: {
      ...known,
      ...Object.fromEntries(
        told.map(([name, profile]) => {
          const was = known[name];
          return [name, was ? blended(was, profile, by) : profile];
        }),
      ),
    },
  };
}

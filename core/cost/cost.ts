/** What a month of deliveries costs in AWS. */
import { type Price, type Priced, prices } from './prices.ts';
import { usageOf, type Workload } from './usage.ts';

export interface CostLine extends Price {
  readonly units: number;
  /** Dollars a month. */
  readonly monthly: number;
}

export interface Cost {
  readonly lines: readonly CostLine[];
  /** Dollars a month, without Athena: queries are as many as people ask. */
  readonly pipeline: number;
  readonly total: number;
}

/** @example costOf({ ...defaults, deliveries: 10_000, rows: 1e7 }).total */
export function costOf(work: Workload): Cost {
  const lines = Object.entries(usageOf(work)).map(([name, units]): CostLine => {
    const price = prices[name as Priced];
    return { ...price, units, monthly: units * price.dollars };
  });
  const sum = (some: readonly CostLine[]) => some.reduce((dollars, { monthly }) => dollars + monthly, 0);
  return { lines, pipeline: sum(lines.filter(({ service }) => service !== 'Athena')), total: sum(lines) };
}

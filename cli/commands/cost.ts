/** `wharf cost`: what a month of deliveries costs in AWS. */
import { costOf } from '../../core/cost/cost.ts';
import type { Workload } from '../../core/cost/usage.ts';
import { exit, type GlobalOptions, number, pc, print, printJson, table } from '../output.ts';

const dollars = (value: number): string => `$${value.toFixed(2)}`;
/** Prices of a single request have many zeroes: a million of them is what people know. */
const unitPrice = (value: number): string =>
  value < 0.0001 ? `$${Number((value * 1e6).toPrecision(6))} a million` : `$${value}`;
const amount = (units: number): string =>
  units < 10 ? String(Number(units.toPrecision(2))) : number(Math.round(units));

export async function cost({
  json,
  deliveries,
  rows,
  bytesPerRow,
  partitions,
  batch,
  scans,
}: GlobalOptions & Workload): Promise<number> {
  const work: Workload = { deliveries, rows, bytesPerRow, partitions, batch, scans };
  const found = costOf(work);
  if (json) {
    printJson({ region: 'us-east-1', workload: work, ...found });
    return exit.done;
  }
  const lines = found.lines.map((line) => [
    ...[
      line.service,
      line.unit,
      amount(line.units),
      unitPrice(line.dollars),
      dollars(line.monthly),
      line.asOf,
    ],
  ]);
  print(
    table(
      ['service', 'unit', 'units', 'price', 'a month', 'as of'],
      [...lines, ['', pc.bold('total'), '', '', pc.bold(dollars(found.total)), '']],
      ['units', 'price', 'a month'],
    ),
  );
  const each = deliveries
    ? `, ${dollars((found.pipeline / deliveries) * 1000)} for a thousand deliveries`
    : '';
  print(`${dollars(found.pipeline)} without queries${each}. us-east-1, on demand, free tiers not counted.`);
  print(
    pc.dim(
      'Storage is of this month’s rows, for one month: each month adds as much. docs/cost.md has the rest.',
    ),
  );
  return exit.done;
}

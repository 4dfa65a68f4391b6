/** How long does it take to take one delivery out of a table of ten thousand? */
import { join } from 'node:path';
import { startLocalCloud } from '../local/cloud.ts';
import { AgingTable } from './aging.ts';
import { type Line, median, size, time, withFolder } from './support.ts';

const INGEST = 'lambdas/ingest-file/handler.ts';
const DELIVERIES = 10_000;
/** As many as one commit takes. */
const BATCH = 10;

export async function undoBench(): Promise<Line[]> {
  return withFolder(async (dir) => {
    await using cloud = await startLocalCloud({ state: join(dir, 'state') });
    using table = new AgingTable(cloud.env(INGEST));
    while (table.age < DELIVERIES) await (await table.prepare(1, BATCH))();
    const times: number[] = [];
    // The oldest, the newest, and some in between.
    for (const number of [1, 2_500, 5_000, 7_500, DELIVERIES]) {
      table.age++;
      times.push(await time(await table.undo(number)));
    }
    const { manifests } = await table.grown();
    return [
      {
        question: `Undo of one delivery in a table of ${DELIVERIES.toLocaleString('en-GB')}: median, slowest`,
        target: '3,000 ms',
        result: `${median(times).toFixed(0)}, ${Math.max(...times).toFixed(0)} ms; ${table.meter.total} requests and ${size(table.meter.bytes)} the last; ${manifests} manifests`,
      },
    ];
  });
}

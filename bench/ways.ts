/**
 * Runs one way from a CSV file to Parquet in a process of its own, so that its memory is its own and it loads no more
 * than it needs: `node bench/ways.ts wharf|bare|rows CSV RUNS` prints `{ ms: number[], memoryMb, rows }` as JSON.
 */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Engine } from '../platform/engine/duckdb.ts';
import { time, withFolder } from './support.ts';
import type { Way } from './ways/way.ts';

const [name = '', csv = '', runs = '1'] = process.argv.slice(2);
const { way } = (await import(`./ways/${name}.ts`)) as { way: Way };
await withFolder(async (dir) => {
  using engine = await Engine.open({ dir, memoryMb: 400, threads: way.threads });
  const ms: number[] = [];
  let rows = 0;
  for (let i = 0; i < Number(runs); i++) {
    const work = join(dir, `run-${i}`);
    await mkdir(work);
    ms.push(
      await time(async () => {
        rows = await way.run(engine, csv, work);
      }),
    );
    await rm(work, { recursive: true });
  }
  console.log(JSON.stringify({ ms, rows, memoryMb: Math.round(process.resourceUsage().maxRSS / 1024) }));
});

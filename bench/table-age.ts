/** Does a commit cost the same when its table has had ten thousand of them? */
import { join } from 'node:path';
import { startLocalCloud } from '../local/cloud.ts';
import { AgingTable, type Grown } from './aging.ts';
import { type Line, median, size, time, withFolder } from './support.ts';

const INGEST = 'lambdas/ingest-file/handler.ts';

interface Age extends Grown {
  readonly age: number;
  /** Of the commits since the line before: the middle one, and the one that one in a hundred is slower than. */
  readonly ms: number;
  readonly slowMs: number;
  /** Of the process, which is S3 as well: where a machine is shared, this says more than the clock. */
  readonly cpuMs: number;
  readonly requests: number;
  readonly bytes: number;
}

async function ages(commits: number, every: number): Promise<Age[]> {
  return withFolder(async (dir) => {
    await using cloud = await startLocalCloud({ state: join(dir, 'state') });
    using table = new AgingTable(cloud.env(INGEST));
    const found: Age[] = [];
    for (let last = every; last <= commits; last += every) {
      const times: number[] = [];
      let cpu = 0;
      const [requests, bytes]: [number[], number[]] = [[], []];
      while (table.age < last) {
        const commit = await table.prepare(2);
        const before = process.cpuUsage();
        times.push(await time(commit));
        const { user, system } = process.cpuUsage(before);
        cpu += (user + system) / 1000;
        requests.push(table.meter.total);
        bytes.push(table.meter.bytes);
      }
      const mean = (list: number[]) => list.reduce((sum, n) => sum + n, 0) / list.length;
      found.push({
        ...(await table.grown()),
        ...{ age: last, ms: median(times), slowMs: times.sort((a, b) => a - b)[Math.floor(every * 0.99)]! },
        ...{ requests: mean(requests), bytes: mean(bytes), cpuMs: cpu / every },
      });
      if (process.env.WHARF_BENCH_TELL) console.error(found.at(-1));
    }
    return found;
  });
}

/** @param full whether the table gets ten thousand snapshots old */
export async function tableAgeBench({ full }: { readonly full: boolean }): Promise<Line[]> {
  const commits = full ? 10_000 : 1000;
  const found = await ages(commits, commits / 10);
  return found.map((at) => ({
    question: `A table's commits to its ${at.age.toLocaleString('en-GB')}th: median, 99th of 100`,
    result: [
      `${at.ms.toFixed(1)}, ${at.slowMs.toFixed(0)} ms, CPU ${at.cpuMs.toFixed(1)} ms`,
      `${at.requests.toFixed(1)} requests and ${size(at.bytes)} each`,
      `${at.snapshots} snapshots, ${at.manifests} manifests`,
      `metadata ${size(at.metadataBytes)}, list ${size(at.listBytes)}, ${at.objects} objects`,
    ].join('; '),
  }));
}

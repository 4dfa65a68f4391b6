/** What `wharf start` tells while it is up. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Delivery, isClosed } from '../core/delivery/model.ts';
import { jobs } from '../core/schedule/jobs.ts';
import { isOver, type Run } from '../core/schedule/model.ts';
import { runId } from '../platform/jobs/runs.ts';
import type { Installation } from './installation.ts';
import { note } from './output.ts';

/** How often the ledger is looked at: a long one less often, for at most a twentieth of the time. */
const LOOK_MS = 500;
const SHARE = 20;

/** Looks again and again. @returns how to stop that, after a last look */
function repeatedly(look: () => Promise<void>): () => Promise<void> {
  const stopping = new AbortController();
  const { signal } = stopping;
  const looking = (async () => {
    for (let pause = LOOK_MS; !signal.aborted; ) {
      await sleep(pause, undefined, { signal }).catch(() => {});
      const started = performance.now();
      await look().catch((error: Error) => note(`The ledger does not answer: ${error.message}`));
      pause = Math.max(LOOK_MS, SHARE * (performance.now() - started));
    }
  })();
  return async () => {
    stopping.abort();
    await looking;
    await look();
  };
}

/** Tells each delivery once it is closed, the oldest first. @returns how to stop that */
export async function followDeliveries(
  { deliveries }: Installation,
  tell: (d: Delivery) => void,
): Promise<() => Promise<void>> {
  const closed = async () => (await deliveries()).filter((d) => isClosed(d.state));
  const seen = new Set((await closed()).map((d) => d.delivery));
  return repeatedly(async () => {
    for (const d of (await closed()).reverse()) {
      if (seen.has(d.delivery)) continue;
      seen.add(d.delivery);
      tell(d);
    }
  });
}

/** Tells each run of a job once it is over. @returns how to stop that */
export function followRuns({ runs }: Installation, tell: (run: Run) => void): () => Promise<void> {
  const since = new Date().toISOString();
  const seen = new Set<string>();
  return repeatedly(async () => {
    const found = await Promise.all(Object.keys(jobs).map((job) => runs.newest(job, 5)));
    for (const run of found.flat().sort((a, b) => (`${a.ended_at}` < `${b.ended_at}` ? -1 : 1))) {
      const id = `${run.job} ${runId(run)}`;
      if (!isOver(run) || run.ended_at! < since || seen.has(id)) continue;
      seen.add(id);
      tell(run);
    }
  });
}

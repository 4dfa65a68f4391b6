/** Tells an OpenLineage endpoint of runs. It is told at least once, and never holds up a commit. */
import { createHash } from 'node:crypto';
import type { Delivery } from '../core/delivery/model.ts';
import { deliveryEvents, type Landed, type RunEvent } from '../core/lineage/events.ts';
import { log } from './log.ts';
import { tell } from './tell.ts';

/** Sends events; what the endpoint does not take is logged, and the work goes on. */
export type TellLineage = (events: readonly RunEvent[]) => Promise<void>;

/** So long an endpoint may take for an event. */
const PATIENCE_MS = 2_000;

/** A UUID that is the same for one name. @example runIdOf('d1') // 'd4c8…-8…' */
export function runIdOf(name: string): string {
  const hex = createHash('sha256').update(`wharf run ${name}`).digest('hex');
  // Version 8: made in a way of one's own.
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** Whom runs are told of. @default nobody is told */
export interface Lineage {
  readonly lineage?: TellLineage;
}

/** Tells how a delivery ends, before it does: after a crash it is told again, of the same run. */
export async function tellDelivery(
  entry: Delivery,
  { lineage }: Lineage,
  brought?: Landed['brought'],
): Promise<void> {
  await lineage?.(deliveryEvents({ entry, brought, runId: runIdOf(entry.delivery) }));
}

/** Builds what tells an endpoint, e.g. `https://marquez.example.com/api/v1/lineage`; nothing where there is none. */
export function lineageTo(url: string | undefined): TellLineage | undefined {
  if (url === undefined) return undefined;
  return async (events) => {
    try {
      // One after the other: a run starts before it ends.
      for (const event of events) {
        const answer = await fetch(url, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(event),
          signal: AbortSignal.timeout(PATIENCE_MS),
        });
        if (!answer.ok) throw new Error(`the endpoint answered ${answer.status}`);
      }
    } catch (error) {
      log.warn('lineage not told', { run: events[0]?.run.runId, error: tell(error) });
    }
  };
}

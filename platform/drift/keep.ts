/** What earlier deliveries looked like, kept in the ledger. */
import type { Detected } from '../../core/drift/detect.ts';
import { remember } from '../../core/drift/history.ts';
import type { LookDeps } from './look.ts';
import type { KeptHistory } from './store.ts';

/** Histories are written for so many deliveries of a dataset, and then once in so many milliseconds. */
const YOUNG = 10;
const HOUR = 60 * 60 * 1000;

/** Adds a delivery to what is kept of its dataset, where that is still worth a write. */
export async function keep(
  { order, fields, findings }: Detected,
  kept: KeptHistory | undefined,
  name: string,
  deps: LookDeps,
) {
  const now = deps.now();
  const isNew = !kept || kept.history.deliveries < YOUNG || now.getTime() - Date.parse(kept.at) > HOUR;
  if (isNew && order.length > 0)
    await deps.drift.keepHistory(name, {
      // What somebody is asked about is no habit yet.
      history: remember(
        kept?.history,
        Object.fromEntries(
          Object.entries(fields).filter(
            ([name]) => !findings.some(({ change, field }) => change && field === name),
          ),
        ),
        order,
      ),
      at: now.toISOString(),
    });
}

/** Which workers have posted events, and which of them are dead. */
import type * as z from 'zod/mini';
import type { eventsEnv } from './config.ts';

/** How far the clocks of two functions may be apart. */
const SKEW = 10_000;

/** Before when a worker must have begun to be dead by now. */
export function deadBefore(config: Pick<z.infer<typeof eventsEnv>, 'WHARF_TIMEOUT' | 'WHARF_WORKERS_SINCE'>) {
  const longest = config.WHARF_TIMEOUT * 1000 + SKEW;
  const since = Date.parse(config.WHARF_WORKERS_SINCE);
  return (): Date => new Date(Math.max(since, Date.now() - longest));
}

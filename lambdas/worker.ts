/** The wrapper of functions that do jobs' work: figures, or why there are none. */
import type { Context } from 'aws-lambda';
import type { Figures, Worked } from '../core/schedule/model.ts';
import { log } from '../platform/log.ts';
import { tell } from '../platform/tell.ts';

/**
 * Wraps work as a handler that answers what was done. An error is an answer too: `run-job` decides whether it is tried
 * again, and what the work says of it may be kept, which is not so of what Lambda would make of it.
 * @example export const handler = worker(async ({ days }) => cleanUp(days, deps))
 */
export const worker =
  (work: (input: unknown, context: Context) => Promise<Figures>) =>
  async (input: unknown, context: Context): Promise<Worked> => {
    try {
      return { figures: await work(input ?? {}, context) };
    } catch (error) {
      const told = tell(error);
      log.error('work failed', { error: told });
      return { failed: { code: told.code, error: told.message } };
    }
  };

/** Ledger entries of many deliveries. */
import type { Delivery } from '../../core/delivery/model.ts';
import type { Ledger } from '../ledger.ts';

/** Looked up in one request. */
const LOOKED_UP = 100;

/** The entries of deliveries, however many. */
export async function* entriesOf(
  deliveries: readonly string[],
  ledger: Pick<Ledger, 'getAll'>,
): AsyncIterable<Delivery> {
  for (let i = 0; i < deliveries.length; i += LOOKED_UP)
    yield* await ledger.getAll(deliveries.slice(i, i + LOOKED_UP));
}

/** What the API tells of deliveries and of events on their way. */
import { readReceipt } from '../../core/api/parts.ts';
import { claimIn, itemKey } from '../ledger-items.ts';
import type { Desk } from './desk.ts';

export interface Whereabouts {
  readonly receipt: string;
  /** `queued` until a delivery has it, then the state of that delivery. */
  readonly state: string;
  readonly dataset?: string;
  readonly delivery?: string;
}

/** Where the event of a receipt is; undefined where the text is no receipt. */
export async function findReceipt(
  receipt: string,
  desk: Pick<Desk, 'get'>,
): Promise<Whereabouts | undefined> {
  const part = readReceipt(receipt)?.part;
  if (part === undefined) return undefined;
  const claim = claimIn(await desk.get(itemKey.claims(part)), part);
  const entry = claim && (await desk.get(itemKey.delivery(claim.delivery)));
  if (!entry) return { receipt, state: 'queued' };
  const { delivery, dataset, state } = entry as Record<string, string>;
  return { receipt, state: state!, dataset, delivery };
}

/** What is told of a delivery: no bucket, no checksum, no error text. */
const told = [
  ...['delivery', 'dataset', 'key', 'state', 'landed_at', 'ended_at', 'snapshot'],
  ...['read', 'accepted', 'quarantined', 'duplicate', 'reasons'],
];

/** The newest deliveries of some datasets. */
export async function newestDeliveries(
  datasets: readonly string[],
  limit: number,
  desk: Pick<Desk, 'newest'>,
): Promise<Readonly<Record<string, unknown>>[]> {
  const found = (await Promise.all(datasets.map((dataset) => desk.newest(dataset, limit)))).flat();
  return found
    .sort((a, b) => (String(a.landed_at) < String(b.landed_at) ? 1 : -1))
    .slice(0, limit)
    .map((entry) => Object.fromEntries(told.map((name) => [name, entry[name] ?? null])));
}

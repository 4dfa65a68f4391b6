/** A worker's attempt at some events: a delivery's entry in the ledger, from its opening to its end. */
import { randomBytes } from 'node:crypto';
import type { Contract } from '../../core/contract/model.ts';
import { type Delivery, emptyBooks } from '../../core/delivery/model.ts';
import type { EventMessage } from '../../core/events/model.ts';
import { ended } from '../ingest/entry.ts';
import type { Ledger } from '../ledger.ts';
import type { Claim } from '../ledger-items.ts';

interface AttemptDeps {
  readonly ledger: Ledger;
  readonly lakeBucket: string;
  readonly now: () => Date;
}

const chance = (bytes: number): string => randomBytes(bytes).toString('hex');

/** So many hexadecimal digits a sequence number gets: SQS's have 17 today. */
const DIGITS = 20;

/**
 * An id for a delivery, never used twice: one that failed and one that follows may not have the same parts. Where order
 * matters it begins with SQS's number of its first message, which no clock makes: such ids sort as events were posted.
 */
export const newDelivery = (sequence?: string): string =>
  sequence === undefined ? chance(12) : BigInt(sequence).toString(16).padStart(DIGITS, '0') + chance(6);

/** The entry of a delivery of these messages. */
export function newAttempt(
  { name, domain, dataset }: Contract,
  { delivery, started_at }: Claim,
  messages: readonly EventMessage[],
  { lakeBucket }: AttemptDeps,
): Delivery {
  const received = messages.map(({ received_at }) => new Date(received_at).toISOString());
  const events = messages.flatMap((message) => message.events);
  const origin = messages.flatMap(({ letter }) => letter ?? []);
  return {
    ...emptyBooks,
    delivery,
    dataset: name,
    bucket: lakeBucket,
    key: `events/${domain}/${dataset}/${delivery}`,
    etag: delivery,
    order: `${started_at}#`,
    bytes: events.reduce((sum, [, json]) => sum + Buffer.byteLength(json), 0),
    state: 'ingesting',
    reasons: {},
    files: 0,
    engine: 'node',
    landed_at: received.sort()[0] ?? started_at,
    started_at,
    ...(origin.length > 0 && { origin }),
  };
}

/**
 * Closes an attempt that came to nothing, also one that has not been opened yet, which then cannot be any more.
 * @returns whether it was open, or never opened
 */
export async function closeAttempt(
  attempt: Delivery,
  error: string,
  { ledger, now }: AttemptDeps,
): Promise<boolean> {
  const closing = { state: 'failed', error, ...ended(attempt, now()) } as const;
  if (await ledger.open({ ...attempt, ...closing })) return true;
  return ledger.update(attempt.delivery, closing, ['ingesting']);
}

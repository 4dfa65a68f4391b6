/** What clients of the live API are told. */
import type { Contract, Live } from '../contract/model.ts';

/** A contract whose events are broadcast. */
export type LiveContract = Contract & { readonly live: Live };

export const isLive = (contract: Contract | undefined): contract is LiveContract =>
  contract?.live !== undefined;

/** What a subscriber is sent: each event, the running statistics, or both. */
export type Channel = 'events' | 'stats';

/** Field → the values an event may have there. */
export type Filter = Readonly<Record<string, readonly string[]>>;

/** One connection's interest in one dataset. */
export interface Subscription {
  readonly connection: string;
  /** Who connected, as the authorizer found out. */
  readonly caller: string;
  readonly filter: Filter;
  readonly send: readonly Channel[];
}

/** An accepted event as its dataset has it: canonical values, each under its field's name. */
export type LiveRow = Readonly<Record<string, unknown>>;

/** How many of the newest events a new subscriber is shown. */
export const RECENT = 100;

/** API Gateway takes 128 KB in one message. */
export const MESSAGE_BYTES = 120_000;

export const matches = (row: LiveRow, filter: Filter): boolean =>
  Object.entries(filter).every(([field, values]) => values.includes(String(row[field])));

/**
 * Cuts JSON texts into lists that each fit into a message, in their order. A text that fits into none is left out: it
 * stands in the table.
 */
export function packets(texts: readonly string[]): string[][] {
  const packed: string[][] = [];
  let room = 0;
  for (const text of texts) {
    const bytes = Buffer.byteLength(text) + 1;
    if (bytes > MESSAGE_BYTES) continue;
    if (bytes > room) {
      packed.push([]);
      room = MESSAGE_BYTES;
    }
    packed.at(-1)!.push(text);
    room -= bytes;
  }
  return packed;
}

/** The messages that carry events to a client. */
export const eventMessages = (dataset: string, texts: readonly string[]): string[] =>
  packets(texts).map((part) => `{"type":"events","dataset":"${dataset}","events":[${part.join(',')}]}`);

/** Judges events that are written together: each by itself, then by the contract's policies for what repeats. */
import type { Contract } from '../contract/model.ts';
import { type RowReason, reason } from '../contract/reasons.ts';
import { looksForKeys } from '../contract/sql.ts';
import type { Books } from '../delivery/model.ts';
import { judgeEvent } from './judge.ts';

export interface RefusedEvent {
  /** Ordinal in the batch, from 1. */
  readonly row: number;
  /** The event's JSON text as it came. */
  readonly raw: string;
  readonly reasons: readonly string[];
  readonly received: readonly (string | null)[];
}

export interface AcceptedEvent {
  readonly row: number;
  readonly values: Readonly<Record<string, unknown>>;
  readonly rescued?: string;
}

export interface JudgedBatch {
  readonly books: Books;
  /** Reason → how many events have it, the most frequent first. */
  readonly reasons: Readonly<Record<string, number>>;
  readonly accepted: readonly AcceptedEvent[];
  readonly refused: readonly RefusedEvent[];
}

/**
 * Judges a batch as a file of these lines would have been judged: platform/engine/repeats.ts says the same in SQL.
 * Of events with the same text the first stays, whether it is fine or not; of fine ones with the same key, the first.
 */
export function judgeBatch(contract: Contract, events: readonly string[]): JudgedBatch {
  const { rows, keys } = contract.duplicates;
  const keyed = looksForKeys(contract);
  const [seenTexts, seenKeys] = [new Set<string>(), new Set<string>()];
  const accepted: AcceptedEvent[] = [];
  const refused: RefusedEvent[] = [];
  let duplicate = 0;

  const isNew = (seen: Set<string>, what: string): boolean => seen.size < seen.add(what).size;
  /** What a repeated event is refused or dropped for. */
  const repeats = (isNewText: boolean, key: () => string): RowReason | undefined => {
    if (!isNewText) return 'duplicate_row';
    return keyed && !isNew(seenKeys, key()) ? 'duplicate_key' : undefined;
  };

  for (const [i, raw] of events.entries()) {
    const row = i + 1;
    const isNewText = rows === 'keep' || isNew(seenTexts, raw);
    const judged = judgeEvent(contract, raw);
    if (!judged.ok) {
      refused.push({ row, raw, reasons: judged.reasons, received: judged.received });
      continue;
    }
    const { row: values, rescued } = judged;
    const repeat = repeats(isNewText, () => JSON.stringify(contract.key.map((name) => values[name])));
    if (!repeat) accepted.push({ row, values, rescued });
    else if ((repeat === 'duplicate_row' ? rows : keys) === 'drop') duplicate++;
    else refused.push({ row, raw, reasons: [reason(repeat)], received: [null] });
  }
  const books = { read: events.length, accepted: accepted.length, quarantined: refused.length, duplicate };
  return { books, reasons: countReasons(refused), accepted, refused };
}

function countReasons(refused: readonly RefusedEvent[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const text of refused.flatMap(({ reasons }) => reasons)) counts.set(text, (counts.get(text) ?? 0) + 1);
  return Object.fromEntries([...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)));
}

/** Packs the events of a post into messages. */
import { type EventMessage, PART_BYTES, partId } from '../events/model.ts';
import { Problem } from './problem.ts';

export interface Parts {
  /** Texts of the messages, by the number of the part. */
  readonly bodies: readonly string[];
  /** Event → the part it travels in. */
  readonly partOf: readonly number[];
}

/** What JSON may hold and a queue refuses: two characters in SQS, those beyond the first plane in emulators of it. */
const REFUSED_BY_QUEUES = /[\ud800-\udfff\ufffe\uffff]/g;
const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16)}`;

/**
 * Packs events into as few messages as their order allows, each an {@link EventMessage}.
 * @throws Problem `too-large` naming an event that fits into none
 */
export function packParts(head: Omit<EventMessage, 'part' | 'events'>, events: readonly string[]): Parts {
  const packed: string[][] = [[]];
  const partOf: number[] = [];
  let size = 0;
  for (const [index, json] of events.entries()) {
    const text = `[${index},${JSON.stringify(json).replace(REFUSED_BY_QUEUES, escaped)}]`;
    const bytes = Buffer.byteLength(text) + 1;
    if (bytes > PART_BYTES)
      throw new Problem(
        'too-large',
        `Event ${index} takes ${bytes} bytes in a message; ${PART_BYTES} are allowed. Land it as a file`,
        { event: index },
      );
    if (size + bytes > PART_BYTES) {
      packed.push([]);
      size = 0;
    }
    packed.at(-1)!.push(text);
    partOf.push(packed.length - 1);
    size += bytes;
  }
  const bodies = packed.map(
    (texts, part) => `${JSON.stringify({ ...head, part }).slice(0, -1)},"events":[${texts}]}`,
  );
  return { bodies, partOf };
}

/** Names one event of a post for whoever posted it. */
export const receiptOf = (post: string, part: number, index: number): string =>
  `${partId({ post, part })}.${index}`;

/** The part that a receipt belongs to; undefined where it is no receipt. */
export function readReceipt(receipt: string): { readonly part: string; readonly index: number } | undefined {
  const [, part, index] = /^([\w-]{22}\.\d{1,4})\.(\d{1,4})$/.exec(receipt) ?? [];
  return part === undefined ? undefined : { part, index: Number(index) };
}

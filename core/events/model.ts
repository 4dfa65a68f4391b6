/** Events on their way from the API to the tables. */

/** One event of a post: its place in the post, and its JSON text as it came. */
export type PostedEvent = readonly [index: number, json: string];

/**
 * What `accept-event` hands to `write-events`: events of one post, as many as fit into one message. Accepted and
 * refused ones travel together, and are judged again when they are written, so that the books are made in one place.
 */
export interface EventMessage {
  /** The same however often the post is sent: made of its key, its `Idempotency-Key` or its content. */
  readonly post: string;
  /** Which message of the post this is, from 0. The post and the part together are handled once; see ADR 7. */
  readonly part: number;
  readonly dataset: string;
  /** ISO text. */
  readonly received_at: string;
  readonly events: readonly PostedEvent[];
  /** Of one that was given up and is replayed: its id among the dead letters. */
  readonly letter?: string;
}

/**
 * So many characters of a post's name say when it came, to 16 ms, where it has its name by chance: claims on posts that
 * came together are written together. Of other names they are as good as any.
 */
export const POST_BEGINNING = 8;

/** Tells one part of a post from all others. */
export const partId = ({ post, part }: Pick<EventMessage, 'post' | 'part'>): string => `${post}.${part}`;

/** Most bytes of events in one message: what SQS takes in one, less what stands around them. */
export const PART_BYTES = 240_000;

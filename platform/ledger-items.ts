/** The items of the ledger's table, for whichever client: the API's functions start without an SDK. */
import type { Delivery } from '../core/delivery/model.ts';
import { POST_BEGINNING } from '../core/events/model.ts';
import { tell } from './tell.ts';

export type Item = Readonly<Record<string, unknown>>;

/** What stands in the table, by partition key. */
export const itemKey = {
  /** A delivery and its books. */
  delivery: (id: string): string => `delivery#${id}`,
  /** The delivery whose rows with this content are in the table. */
  content: (dataset: string, sha256: string): string => `content#${dataset}#${sha256}`,
  /** The delivery that is the key's current content in the table. */
  object: ({ bucket, key }: Pick<Delivery, 'bucket' | 'key'>): string => `object#${bucket}/${key}`,
  /** Which deliveries have parts of posted events, a field a part, those together whose names begin alike; goes after fifteen days. */
  claims: (part: string): string => `claim#${part.slice(0, POST_BEGINNING)}`,
  /** Why a message ended among the dead letters; goes after fifteen days. */
  dead: (message: string): string => `dead#${message}`,
  /** Who asks what became of a dead letter finds it here, until the clean-up's 90 days are over. */
  discarded: (message: string): string => `discarded#${message}`,
  /** The versions of a contract over the code's own, all of them. */
  contract: (dataset: string): string => `contract#${dataset}`,
  /** A change that was asked for, and what became of it: the queue, and the log. */
  approval: (id: string): string => `approval#${id}`,
  /** What earlier deliveries of a dataset looked like, in figures. */
  profile: (dataset: string): string => `profile#${dataset}`,
  /** An undo or a rollback that somebody asked for. */
  revision: (id: string): string => `revision#${id}`,
  /** Until when sweeps have looked at a prefix. */
  sweep: (prefix: string): string => `sweep#${prefix}`,
  /** What is known of a key of the API. */
  apikey: (id: string): string => `apikey#${id}`,
  /** The answer a post got; goes after a day. */
  idempotency: (digest: string): string => `idempotency#${digest}`,
  /** How many events a caller has posted in a window of time; goes soon after. */
  rate: (caller: string, window: number): string => `rate#${caller}#${window}`,
} as const;

/** The sort key is what stands before the first `#`. */
export const keyOf = (pk: string) => ({ pk, sk: pk.split('#', 1)[0]! });

/** A message lives for fourteen days, dead ones too: what is said of them outlives them. In seconds. */
const KEPT = 15 * 86_400;

/** When an item is to go that is said of a message, in seconds, as DynamoDB wants it. */
export const expiry = (now: Date): number => Math.ceil(now.getTime() / 1000) + KEPT;

/** Who has a part of posted events, and since when. */
export type Claim = Pick<Delivery, 'delivery' | 'started_at'>;

/** A claim as one text, which a condition can compare. */
export const claimText = ({ delivery, started_at }: Claim): string => `${delivery} ${started_at}`;

/** The claim on a part; undefined where nobody has it. @param item what stands under {@link itemKey.claims} */
export function claimIn(item: Item | undefined, part: string): Claim | undefined {
  if (item?.[part] === undefined) return undefined;
  const [delivery = '', started_at = ''] = String(item[part]).split(' ');
  return { delivery, started_at };
}

/** Why a message was given up. */
export interface GivenUp {
  /** Of the error, where it has one. */
  readonly code?: string;
  readonly error: string;
  readonly at: string;
}

/** What is kept of that. */
export function givenUp(thrown: unknown, now: Date): GivenUp & { readonly expires: number } {
  const { code, message: error } = tell(thrown);
  return { code, error, at: now.toISOString(), expires: expiry(now) };
}

/** Whether a conditional write was done. */
export async function done(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if ((error as Error).name === 'ConditionalCheckFailedException') return false;
    throw error;
  }
}

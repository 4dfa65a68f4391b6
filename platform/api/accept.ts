/** Takes in a post: judged, named, remembered where the caller asked for it, handed to the queue. */
import { createHash, randomBytes } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { packParts } from '../../core/api/parts.ts';
import { type Answer, answerPost, assertAllAccepted, judgePost } from '../../core/api/post.ts';
import { Problem } from '../../core/api/problem.ts';
import type { Contract } from '../../core/contract/model.ts';
import { POST_BEGINNING } from '../../core/events/model.ts';
import { itemKey } from '../ledger-items.ts';
import { log } from '../log.ts';
import { tell } from '../tell.ts';
import type { Desk } from './desk.ts';
import type { SendAll, SendInOrder } from './queue.ts';

/** How long an `Idempotency-Key` is kept. */
const REMEMBERED_S = 24 * 3600;

export interface Post {
  readonly contract: Contract;
  readonly caller: string;
  /** JSON texts. */
  readonly events: readonly string[];
  /** What tells this request from another under the same key. */
  readonly request: string;
  readonly atomic?: boolean;
  readonly idempotencyKey?: string;
  /** How the answer looks. @default as that of `/v1` */
  readonly present?: (answer: Answer) => Answer;
}

export interface AcceptDeps {
  readonly desk: Pick<Desk, 'get' | 'remember'>;
  readonly send: SendAll;
  /** What is sent of a dataset whose contract says `ordered`. */
  readonly sendInOrder: SendInOrder;
  /** Tells of what was taken in by a live dataset. @default nobody is told */
  readonly tellLive?: SendAll;
  readonly now: () => Date;
}

/** Text of 132 bits of a hash: enough for nobody to meet another's by chance, or by trying. */
function digest(...texts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const text of texts) hash.update(`${text.length}:`).update(text);
  return hash.digest('base64url').slice(0, 22);
}

const packed = (answer: Answer): string => gzipSync(JSON.stringify(answer)).toString('base64');
const unpacked = (text: string): Answer =>
  JSON.parse(gunzipSync(Buffer.from(text, 'base64')).toString()) as Answer;

/** Names of the same 16 ms have their first {@link POST_BEGINNING} characters in common, and 84 bits of chance behind them. */
function byChance(now: Date): string {
  const bytes = randomBytes(17);
  bytes.writeUIntBE(Math.floor(now.getTime() / 16), 0, (POST_BEGINNING * 6) / 8);
  return bytes.toString('base64url').slice(0, 22);
}

/**
 * Names a post that has no `Idempotency-Key`: where the dataset has a key, after its content, so that the same events
 * posted again are the same post; else at random, for two sales of the same thing at the same time are two, and so are
 * two times at which a thing was set to the same, where their order matters.
 */
const nameOf = ({ contract, events }: Post, now: Date): string =>
  contract.key.length && !contract.ordered ? digest(contract.name, ...events) : byChance(now);

/** Sends what must not be lost and then, where the dataset is live, tells those who watch: for them nothing waits or fails. */
async function hand(
  post: string,
  bodies: readonly string[],
  { name: dataset, ordered, live }: Contract,
  { send, sendInOrder, tellLive }: AcceptDeps,
): Promise<void> {
  await (ordered ? sendInOrder({ post, dataset }, bodies) : send(bodies));
  if (live)
    await tellLive?.(bodies).catch((error: unknown) => log.error('not told live', { error: tell(error) }));
}

/**
 * Takes in a post. The answer is given once everything is in the queue; a request that fails before can be repeated.
 * @throws Problem as {@link assertAllAccepted}, `too-large`, `key-reused`
 */
export async function acceptPost(post: Post, deps: AcceptDeps): Promise<Answer> {
  const { contract, events, atomic = false, idempotencyKey, present = (answer) => answer } = post;
  const verdicts = judgePost(contract, events);
  if (atomic) assertAllAccepted(contract, events, verdicts);
  const received = deps.now();
  const prepare = (name: string) => {
    const head = { post: name, dataset: contract.name, received_at: received.toISOString() };
    const { bodies, partOf } = packParts(head, events);
    return { bodies, answer: () => present(answerPost(contract, events, verdicts, { post: name, partOf })) };
  };
  if (idempotencyKey === undefined) {
    const name = nameOf(post, received);
    const { bodies, answer } = prepare(name);
    await hand(name, bodies, contract, deps);
    return answer();
  }
  // The answer is written down before anything is sent: whoever finds it sends the same messages again, which are
  // handled once (ADR 7). So a crash in between loses nothing, and needs no second write.
  const fingerprint = digest(contract.name, String(atomic), post.request);
  const pk = itemKey.idempotency(digest(post.caller, idempotencyKey));
  const mine = digest(pk, received.toISOString(), randomBytes(8).toString('hex'));
  const seconds = Math.floor(received.getTime() / 1000);
  const item = { fingerprint, post: mine, expires: seconds + REMEMBERED_S };
  const own = prepare(mine);
  const answer = own.answer();
  if (await deps.desk.remember(pk, { ...item, answer: packed(answer) }, seconds)) {
    await hand(mine, own.bodies, contract, deps);
    return answer;
  }
  const earlier = (await deps.desk.get(pk)) as Record<'fingerprint' | 'post' | 'answer', string> | undefined;
  // Gone between the two looks: the same request once more finds its place.
  if (!earlier) return acceptPost(post, deps);
  if (earlier.fingerprint !== fingerprint)
    throw new Problem('key-reused', 'Another request came under this Idempotency-Key within 24 hours');
  await hand(earlier.post, prepare(earlier.post).bodies, contract, deps);
  return unpacked(earlier.answer);
}

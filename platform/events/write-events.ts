/**
 * Micro-batches: messages of one dataset → one delivery, from where it goes the way of files. Every step may run again
 * after a crash, in any company; see ADR 7.
 */
import { createHash } from 'node:crypto';
import type { Contract } from '../../core/contract/model.ts';
import type { Delivery } from '../../core/delivery/model.ts';
import { WharfError } from '../../core/errors.ts';
import { type EventMessage, partId } from '../../core/events/model.ts';
import { type HandOverDeps, handOver } from '../ingest/hand-over.ts';
import { newPrefix } from '../ingest/publish.ts';
import type { Schemas } from '../ingest/schemas.ts';
import { tell } from '../tell.ts';
import { closeAttempt, newAttempt, newDelivery } from './attempt.ts';
import { type ClaimDeps, claimParts, type Standing, standings } from './claims.ts';
import { produceBatch } from './produce.ts';

export interface WriteEventsDeps extends ClaimDeps, HandOverDeps {
  readonly schemas: Schemas;
}

/** A message, and where order matters its place: a number that grows from message to message. */
export interface ArrivedMessage extends EventMessage {
  readonly sequence?: string;
}

/**
 * Writes the parts of posts to one dataset that nobody else has or had.
 * @returns the ids of the parts that are done; the messages of the others are to come back
 */
export async function writeEvents(
  contract: Contract,
  messages: readonly ArrivedMessage[],
  deps: WriteEventsDeps,
): Promise<ReadonlySet<string>> {
  const parts = new Map(messages.map((message) => [partId(message), message]));
  const standing = await standings(contract, [...parts.keys()], deps);
  const of = <Is extends Standing['is']>(is: Is, among: Iterable<[string, Standing]> = standing) =>
    [...among].filter((one): one is [string, Extract<Standing, { is: Is }>] => one[1].is === is);
  const done = new Set(of('done').map(([part]) => part));
  const inOrder = messages.some(({ sequence }) => sequence !== undefined);
  const free = new Map(of('free', inOrder ? untilBusy(standing) : standing));
  const [first] = free.keys();
  if (first === undefined) return done;
  const delivery = newDelivery(parts.get(first)!.sequence);
  const claim = { delivery, started_at: deps.now().toISOString() };
  const taken = (of: ReadonlySet<string>) =>
    [...parts].filter(([part]) => of.has(part)).map(([, one]) => one);
  try {
    const got = await claimParts(claim, free, deps);
    // All or none: what another worker was faster with may be in the middle.
    if (inOrder && got.size < free.size) throw busy();
    const written = got.size > 0 && (await write(contract, claim, taken(got), deps));
    return written ? done.union(got) : done;
  } catch (error) {
    // Whoever has these messages next need not wait until this worker must be dead.
    const attempt = newAttempt(contract, claim, [], deps);
    await closeAttempt(attempt, tell(error).message, deps).catch(() => {});
    throw error;
  }
}

/** The parts before the first that another worker is at: where order matters, those behind it wait. */
function* untilBusy(standing: ReadonlyMap<string, Standing>): Generator<[string, Standing]> {
  for (const one of standing) {
    if (one[1].is === 'busy') return;
    yield one;
  }
}

export const busy = (): WharfError =>
  new WharfError('Another worker has these events', {
    code: 'events.busy',
    route: 'transient',
    fix: 'Nothing: once it is done the message goes, and if it dies another takes them over',
  });

/** Opens the delivery, writes it and hands it over. @returns whether it was still this worker's to do so */
async function write(
  contract: Contract,
  claim: Pick<Delivery, 'delivery' | 'started_at'>,
  messages: readonly EventMessage[],
  deps: WriteEventsDeps,
): Promise<boolean> {
  const entry = newAttempt(contract, claim, messages, deps);
  // Where there is one already, this one's request was repeated, or its worker was taken for dead.
  if (!(await deps.ledger.open(entry)) && (await deps.ledger.get(entry.delivery))?.state !== 'ingesting')
    return false;
  const events = messages.flatMap((message) => message.events.map(([, json]) => json));
  // Unique, so that no content of another delivery stands in its way: its events were claimed one by one.
  const sha256 = createHash('sha256').update(entry.delivery).update(JSON.stringify(events)).digest('hex');
  const prefix = newPrefix(entry.delivery);
  const batch = { entry, contract, sha256, events, prefix };
  const { manifest, files } = await produceBatch(batch, deps.schemas);
  return handOver(manifest, prefix, (target, path) => deps.objects.write(target, files.get(path)!), deps);
}

/**
 * Micro-batches: messages of one dataset → one delivery, from where it goes the way of files. Every step may run again
 * after a crash, in any company; see ADR 7.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { Contract } from '../../core/contract/model.ts';
import { type Delivery, emptyBooks } from '../../core/delivery/model.ts';
import { WharfError } from '../../core/errors.ts';
import { type EventMessage, partId } from '../../core/events/model.ts';
import { fail } from '../ingest/entry.ts';
import { type HandOverDeps, handOver } from '../ingest/hand-over.ts';
import type { Schemas } from '../ingest/schemas.ts';
import { type ClaimDeps, claimParts, type Standing, standings } from './claims.ts';
import { produceBatch } from './produce.ts';

export interface WriteEventsDeps extends ClaimDeps, HandOverDeps {
  readonly schemas: Schemas;
}

/**
 * Writes the parts of posts to one dataset that nobody else has or had.
 * @returns the ids of the parts that are done; the messages of the others are to come back
 */
export async function writeEvents(
  contract: Contract,
  messages: readonly EventMessage[],
  deps: WriteEventsDeps,
): Promise<ReadonlySet<string>> {
  const parts = new Map(messages.map((message) => [partId(message), message]));
  const standing = await standings([...parts.keys()], deps);
  const of = <Is extends Standing['is']>(is: Is) =>
    [...standing].filter((one): one is [string, Extract<Standing, { is: Is }>] => one[1].is === is);
  const done = new Set(of('done').map(([part]) => part));
  const free = new Map(of('free'));
  if (free.size === 0) return done;
  const entry = openEntry(
    contract,
    [...free.keys()].map((part) => parts.get(part)!),
    deps,
  );
  try {
    await deps.ledger.open(entry);
    const got = await claimParts(entry.delivery, free, deps);
    if (got.size === 0) throw overtaken();
    const taken = [...parts].filter(([part]) => got.has(part)).map(([, message]) => message);
    const written = await write(entry, contract, taken, deps);
    return written ? done.union(got) : done;
  } catch (error) {
    // Whoever has these messages next need not wait until this worker must be dead.
    await fail(entry, error, deps).catch(() => {});
    throw error;
  }
}

/**
 * A delivery's id is never used twice: of one that failed and one that follows, neither may say `written` for the
 * other, for they may not have the same parts.
 */
function openEntry(contract: Contract, messages: readonly EventMessage[], deps: WriteEventsDeps): Delivery {
  const delivery = randomBytes(12).toString('hex');
  const started_at = deps.now().toISOString();
  const landed_at = messages.map(({ received_at }) => new Date(received_at).toISOString()).sort()[0]!;
  return {
    ...emptyBooks,
    delivery,
    dataset: contract.name,
    bucket: deps.lakeBucket,
    key: `events/${contract.domain}/${contract.dataset}/${delivery}`,
    etag: delivery,
    order: `${started_at}#`,
    bytes: messages
      .flatMap(({ events }) => events)
      .reduce((sum, [, json]) => sum + Buffer.byteLength(json), 0),
    state: 'ingesting',
    reasons: {},
    files: 0,
    engine: 'node',
    landed_at,
    started_at,
  };
}

/** @returns whether this worker's files are the delivery's; not so where it was taken for dead */
async function write(
  entry: Delivery,
  contract: Contract,
  messages: readonly EventMessage[],
  deps: WriteEventsDeps,
): Promise<boolean> {
  const events = messages.flatMap((message) => message.events.map(([, json]) => json));
  const prefix = `${entry.delivery}_${randomBytes(4).toString('hex')}`;
  // Unique, so that no content of another delivery stands in its way: its events were claimed one by one.
  const sha256 = createHash('sha256').update(entry.delivery).update(JSON.stringify(events)).digest('hex');
  const { manifest, files } = await produceBatch({ entry, contract, sha256, events, prefix }, deps.schemas);
  return handOver(manifest, prefix, (target, path) => deps.objects.write(target, files.get(path)!), deps);
}

const overtaken = (): WharfError =>
  new WharfError('Other workers took all of its events first', {
    code: 'events.overtaken',
    route: 'transient',
  });

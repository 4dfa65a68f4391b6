/** Messages of the queue `events`, whatever is in them: each dataset's together, and none suffers for another. */
import type { Contract } from '../../core/contract/model.ts';
import { WharfError } from '../../core/errors.ts';
import { type EventMessage, partId } from '../../core/events/model.ts';
import type { FindContract } from '../drift/registry.ts';
import { parseMessage } from './message.ts';
import { busy, type WriteEventsDeps, writeEvents } from './write-events.ts';

export interface QueuedMessage {
  readonly id: string;
  readonly body: string;
  /** How often it has been handed out, this time among them. */
  readonly receives: number;
}

/** A message that is to come back, and why. */
export interface Failure<Message = QueuedMessage> {
  readonly message: Message;
  readonly error: unknown;
}

export interface TakeMessagesDeps extends WriteEventsDeps {
  readonly contract: FindContract;
}

interface Member {
  readonly message: QueuedMessage;
  readonly posted: EventMessage;
}

/** Writes the events of messages. @returns the messages that are to come back */
export async function takeMessages(
  messages: readonly QueuedMessage[],
  deps: TakeMessagesDeps,
): Promise<Failure[]> {
  const failures: Failure[] = [];
  const groups = new Map<Contract, Member[]>();
  // What is approved meanwhile holds from the next messages on: those of one dataset are judged alike.
  const known = new Map<string, Promise<Contract>>();
  const contractOf = (dataset: string): Promise<Contract> => {
    const found = known.get(dataset) ?? findContract(dataset, deps);
    known.set(dataset, found);
    return found;
  };
  for (const message of messages) {
    try {
      const posted = parseMessage(message.body);
      const contract = await contractOf(posted.dataset);
      const members = groups.get(contract) ?? [];
      groups.set(contract, members);
      members.push({ message, posted });
    } catch (error) {
      failures.push({ message, error });
    }
  }
  for (const [contract, members] of groups) failures.push(...(await takeGroup(contract, members, deps)));
  return failures;
}

async function takeGroup(
  contract: Contract,
  members: readonly Member[],
  deps: TakeMessagesDeps,
): Promise<Failure[]> {
  try {
    const posted = members.map((member) => member.posted);
    const done = await writeEvents(contract, posted, deps);
    const open = members.filter((member) => !done.has(partId(member.posted)));
    return open.map(({ message }) => ({ message, error: busy() }));
  } catch (error) {
    // A fault that comes back may be one message's: halves of halves find it, and the others go on.
    const isBack = members.some(({ message }) => message.receives > 1);
    if (members.length === 1 || !isBack || isTransient(error))
      return members.map(({ message }) => ({ message, error }));
    const half = Math.ceil(members.length / 2);
    const first = await takeGroup(contract, members.slice(0, half), deps);
    return [...first, ...(await takeGroup(contract, members.slice(half), deps))];
  }
}

/** @throws WharfError `dataset.unknown` */
export async function findContract(
  dataset: string,
  deps: Pick<TakeMessagesDeps, 'contract'>,
): Promise<Contract> {
  const contract = await deps.contract(dataset);
  if (contract) return contract;
  throw new WharfError(`No dataset "${dataset}" to write events to`, {
    code: 'dataset.unknown',
    fix: 'It was in an earlier version: deploy it again, then redrive the queue',
  });
}

/** Of the services or the network, not of what is in the messages. */
export const isTransient = (error: unknown): boolean =>
  error instanceof WharfError
    ? error.route === 'transient'
    : typeof error === 'object' && error !== null && ('$metadata' in error || 'code' in error);

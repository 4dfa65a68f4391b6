/** Messages of the queue `ordered`: each dataset's in the order in which they were posted. See ADR 15. */
import { WharfError } from '../../core/errors.ts';
import { partId } from '../../core/events/model.ts';
import { parseMessage } from './message.ts';
import {
  type Failure,
  findContract,
  isTransient,
  type QueuedMessage,
  type TakeMessagesDeps,
} from './take-messages.ts';
import { busy, writeEvents } from './write-events.ts';

/** A message of a FIFO queue. */
export interface OrderedMessage extends QueuedMessage {
  /** The dataset: one that fails holds up the later ones of its group, and no others. */
  readonly group: string;
  /** SQS's number of it, which grows from message to message. */
  readonly sequence: string;
}

export interface TakeInOrderDeps extends TakeMessagesDeps {
  /** Tries before SQS takes a message out of its group, and puts it among the dead letters. */
  readonly maxReceives: number;
}

type OrderedFailure = Failure<OrderedMessage>;

/** Writes the events of messages. @returns the messages that are to come back: of each group the last ones, and what is given up */
export async function takeInOrder(
  messages: readonly OrderedMessage[],
  deps: TakeInOrderDeps,
): Promise<OrderedFailure[]> {
  const failures: OrderedFailure[] = [];
  for (const group of Map.groupBy(messages, (message) => message.group).values())
    failures.push(...(await takeGroup(group, deps)));
  return failures;
}

async function takeGroup(
  messages: readonly OrderedMessage[],
  deps: TakeInOrderDeps,
): Promise<OrderedFailure[]> {
  try {
    return await takeTogether(messages, deps);
  } catch (error) {
    if (messages.length === 1 || isTransient(error)) return messages.map((message) => ({ message, error }));
    // Halves of halves find the one that fails; what is before it is written.
    const half = Math.ceil(messages.length / 2);
    const [first, later] = [await takeGroup(messages.slice(0, half), deps), messages.slice(half)];
    // The later ones were received as often as it was: those behind what is given up have their try now, or never.
    const comesBack = first.some(({ message }) => message.receives < deps.maxReceives);
    const rest = comesBack
      ? later.map((message) => ({ message, error: behind() }))
      : await takeGroup(later, deps);
    return [...first, ...rest];
  }
}

/** Writes messages of one group as one delivery. @throws what any one of them fails for */
async function takeTogether(
  messages: readonly OrderedMessage[],
  deps: TakeInOrderDeps,
): Promise<OrderedFailure[]> {
  const contract = await findContract(messages[0]!.group, deps);
  const members = messages.map((message) => {
    const posted = { ...parseMessage(message.body), sequence: message.sequence };
    if (posted.dataset === message.group) return { message, posted };
    throw new WharfError(`The message is of ${posted.dataset}, and stands among those of ${message.group}`, {
      code: 'events.wrong_group',
      fix: 'Only accept-event should send to this queue: look at its policy',
    });
  });
  const written = await writeEvents(
    contract,
    members.map(({ posted }) => posted),
    deps,
  );
  const open = members.filter(({ posted }) => !written.has(partId(posted)));
  return open.map(({ message }) => ({ message, error: busy() }));
}

const behind = (): WharfError =>
  new WharfError('An earlier message of its dataset failed', {
    code: 'events.behind',
    route: 'transient',
    fix: 'Nothing: it comes again with that one, and goes on once that is written or given up',
  });

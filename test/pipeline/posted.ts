/** Posted events for tests, and the function that writes them, called as Lambda calls it. */
import type { SQSEvent } from 'aws-lambda';
import { type EventMessage, partId } from '../../core/events/model.ts';
import { findDataset } from '../../datasets/index.ts';
import { createHandler } from '../../lambdas/write-events/handler.ts';
import { awsClients, type Clients, type Env } from '../../platform/aws.ts';
import type { TestCloud } from './support.ts';

export const WRITE_EVENTS = 'lambdas/write-events/handler.ts';

/** A message of a post. */
export const message = (
  post: string,
  part: number,
  dataset: string,
  events: readonly (object | string)[],
): EventMessage => ({
  ...{ post, part, dataset },
  received_at: '2026-05-04T10:00:00.000Z',
  events: events.map((event, i) => [i, typeof event === 'string' ? event : JSON.stringify(event)] as const),
});

export const user = (id: number, more: object = {}) => ({
  user_id: id,
  age: 30,
  gender: 'F',
  device: 'Mobile',
  ...more,
});

/** A message and, from a FIFO queue, its place there. */
type Handed = EventMessage & { readonly sequence?: number };

/** Messages as Lambda hands them over; their ids are those of their parts. */
const handedOver = (messages: readonly Handed[]): SQSEvent => ({
  Records: messages.map(({ sequence, ...one }) => ({
    messageId: partId(one),
    body: JSON.stringify(one),
    attributes: {
      ApproximateReceiveCount: '1',
      ...(sequence !== undefined && { MessageGroupId: one.dataset, SequenceNumber: String(sequence) }),
    },
  })) as unknown as SQSEvent['Records'],
});

/** A worker of its own. @returns what handles messages, and tells the parts that are to come back */
export function worker(
  cloud: TestCloud,
  changes: Env = {},
  clients: (clients: Clients) => Clients = (c) => c,
) {
  const env = { ...cloud.cloud.env(WRITE_EVENTS), ...changes };
  const handler = createHandler(env, { clients: clients(awsClients(env)) });
  return async (messages: readonly Handed[]): Promise<string[]> => {
    const { batchItemFailures } = (await handler(handedOver(messages), {} as never)) as {
      batchItemFailures: { itemIdentifier: string }[];
    };
    return batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
  };
}

/** Clients whose writes of objects wait until they are let go. */
export function paused() {
  const [reached, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const clients = (all: Clients): Clients => {
    all.s3.middlewareStack.add(
      (next, { commandName }) =>
        async (args) => {
          if (commandName === 'PutObjectCommand') {
            reached.resolve();
            await go.promise;
          }
          return next(args);
        },
      { step: 'initialize' },
    );
    return all;
  };
  return { clients, reached: reached.promise, go: go.resolve };
}

/** What a check of everything finds wrong with a dataset; bytes that are left over are nothing wrong. */
export const broken = async (cloud: TestCloud, dataset: string) =>
  (await cloud.audit(findDataset(dataset)!)).filter(({ severity }) => severity !== 'orphan');

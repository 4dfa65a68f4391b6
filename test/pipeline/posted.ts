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

/** Messages as Lambda hands them over; their ids are those of their parts. */
const handedOver = (messages: readonly EventMessage[]): SQSEvent => ({
  Records: messages.map((one) => ({
    messageId: partId(one),
    body: JSON.stringify(one),
    attributes: { ApproximateReceiveCount: '1' },
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
  return async (messages: readonly EventMessage[]): Promise<string[]> => {
    const { batchItemFailures } = (await handler(handedOver(messages), {} as never)) as {
      batchItemFailures: { itemIdentifier: string }[];
    };
    return batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
  };
}

/** What a check of everything finds wrong with a dataset; bytes that are left over are nothing wrong. */
export const broken = async (cloud: TestCloud, dataset: string) =>
  (await cloud.audit(findDataset(dataset)!)).filter(({ severity }) => severity !== 'orphan');

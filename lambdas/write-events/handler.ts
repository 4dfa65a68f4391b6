/** Writes posted events: the queues `events` and `ordered` → micro-batches, one delivery each → files in the lake → the queue `commit`. */
import type { SQSRecord } from 'aws-lambda';
import { domains, findDataset } from '../../datasets/index.ts';
import { awsClients, type Env } from '../../platform/aws.ts';
import { openCatalog } from '../../platform/catalog/open.ts';
import { registry } from '../../platform/drift/registry.ts';
import { DriftStore } from '../../platform/drift/store.ts';
import {
  type OrderedMessage,
  type TakeInOrderDeps,
  takeInOrder,
} from '../../platform/events/take-in-order.ts';
import { type QueuedMessage, takeMessages } from '../../platform/events/take-messages.ts';
import { commitAsker } from '../../platform/ingest/ask-commit.ts';
import { Schemas } from '../../platform/ingest/schemas.ts';
import { Ledger } from '../../platform/ledger.ts';
import { ObjectStore } from '../../platform/objects.ts';
import { eventsEnv, readEnv } from '../config.ts';
import { lazy } from '../lazy.ts';
import type { Parts } from '../parts.ts';
import { sqsHandler } from '../sqs.ts';
import { deadBefore } from '../workers.ts';

/**
 * Builds the handler for an environment; `wharf start` runs the same function in its own process.
 * @param parts what to use instead of the deployed datasets and SDK clients
 */
export function createHandler(env: Env, { find = findDataset, clients = awsClients(env) }: Parts = {}) {
  const config = readEnv(eventsEnv, env);
  const { s3, sqs, dynamodb } = clients;
  const objects = new ObjectStore(s3);
  const ledger = new Ledger(dynamodb, config.WHARF_LEDGER_TABLE);
  const drift = new DriftStore(dynamodb, config.WHARF_LEDGER_TABLE);
  const deps: TakeInOrderDeps = {
    contract: registry(find, (dataset) => drift.versions(dataset)),
    objects,
    ledger,
    schemas: new Schemas(openCatalog(config, clients, domains), objects),
    askCommit: commitAsker(sqs, config.WHARF_COMMIT_QUEUE_URL),
    lakeBucket: config.WHARF_LAKE_BUCKET,
    now: () => new Date(),
    maxReceives: config.WHARF_MAX_RECEIVES,
    deadBefore: deadBefore(config),
  };
  return sqsHandler(
    async (records) => {
      const byId = new Map(records.map((record) => [record.messageId, record]));
      // All of them come from one queue.
      const failures = records[0]?.attributes.SequenceNumber
        ? await takeInOrder(records.map(ordered), deps)
        : await takeMessages(records.map(queued), deps);
      return failures.map(({ message, error }) => ({ record: byId.get(message.id)!, error }));
    },
    { ledger, maxReceives: config.WHARF_MAX_RECEIVES },
  );
}

const queued = ({ messageId, body, attributes }: SQSRecord): QueuedMessage => ({
  id: messageId,
  body,
  receives: Number(attributes.ApproximateReceiveCount),
});

const ordered = (record: SQSRecord): OrderedMessage => ({
  ...queued(record),
  group: record.attributes.MessageGroupId!,
  sequence: record.attributes.SequenceNumber!,
});

export const handler = lazy(() => createHandler(process.env));

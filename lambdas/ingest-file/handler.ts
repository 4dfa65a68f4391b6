/** Takes in what lands in S3: the queue `landed` → files in the lake → the queue `commit`. */
import { randomUUID } from 'node:crypto';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { findDataset } from '../../datasets/index.ts';
import { awsClients, type Env } from '../../platform/aws.ts';
import { DynamoCatalog } from '../../platform/catalog/dynamodb.ts';
import { Engine } from '../../platform/engine/duckdb.ts';
import { type IngestDeps, ingest, markFailed } from '../../platform/ingest/ingest.ts';
import { parseNotices } from '../../platform/ingest/notice.ts';
import { Schemas } from '../../platform/ingest/schemas.ts';
import { Ledger } from '../../platform/ledger.ts';
import { ObjectStore } from '../../platform/objects.ts';
import { ingestEnv, readEnv } from '../config.ts';
import { lazy } from '../lazy.ts';
import type { Parts } from '../parts.ts';
import { eachRecord, sqsHandler } from '../sqs.ts';

/**
 * Builds the handler for an environment; `wharf start` runs the same function in its own process.
 * @param parts what to use instead of the deployed datasets and SDK clients
 */
export function createHandler(env: Env, { find = findDataset, clients = awsClients(env) }: Parts = {}) {
  const config = readEnv(ingestEnv, env);
  const { s3, sqs, dynamodb } = clients;
  const objects = new ObjectStore(s3);
  let engine: Promise<Engine> | undefined;
  const deps: IngestDeps = {
    contract: find,
    objects,
    ledger: new Ledger(dynamodb, config.WHARF_LEDGER_TABLE),
    schemas: new Schemas(
      new DynamoCatalog({ client: dynamodb, tableName: config.WHARF_LEDGER_TABLE }),
      objects,
    ),
    engine: () =>
      (engine ??= Engine.open({ dir: config.WHARF_TMP, memoryMb: config.WHARF_ENGINE_MEMORY_MB })),
    askCommit: async (delivery, dataset) => {
      await sqs.send(
        new SendMessageCommand({
          QueueUrl: config.WHARF_COMMIT_QUEUE_URL,
          MessageBody: JSON.stringify({ delivery, dataset }),
          MessageGroupId: dataset,
          // Never the delivery's id: a second request within five minutes must get through, the committer is idempotent.
          MessageDeduplicationId: randomUUID(),
        }),
      );
    },
    lakeBucket: config.WHARF_LAKE_BUCKET,
    limits: config.WHARF_LIMITS,
    tmp: config.WHARF_TMP,
    now: () => new Date(),
  };
  return sqsHandler(
    eachRecord(async ({ body, attributes }) => {
      for (const notice of parseNotices(body)) {
        try {
          await ingest(notice, deps);
        } catch (error) {
          // The queue gives the message up now: its error stays in the ledger.
          if (Number(attributes.ApproximateReceiveCount) >= config.WHARF_MAX_RECEIVES)
            await markFailed(notice, error, deps);
          throw error;
        }
      }
    }),
  );
}

export const handler = lazy(() => createHandler(process.env));

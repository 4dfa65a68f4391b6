/** Makes written deliveries visible: the FIFO queue `commit` → one Iceberg snapshot for up to ten deliveries. */
import * as z from 'zod/mini';
import { domains, findDataset } from '../../datasets/index.ts';
import { awsClients, type Env } from '../../platform/aws.ts';
import { openCatalog } from '../../platform/catalog/open.ts';
import { commitDeliveries } from '../../platform/commit/commit.ts';
import type { CommitDeps } from '../../platform/commit/model.ts';
import { Tables } from '../../platform/commit/tables.ts';
import { Ledger } from '../../platform/ledger.ts';
import { ObjectStore } from '../../platform/objects.ts';
import { commitEnv, readEnv } from '../config.ts';
import { lazy } from '../lazy.ts';
import type { Parts } from '../parts.ts';
import { eachGroup, sqsHandler } from '../sqs.ts';

const message = z.object({ delivery: z.string(), dataset: z.string() });

/**
 * Builds the handler for an environment; `wharf start` runs the same function in its own process.
 * @param parts what to use instead of the deployed datasets and SDK clients
 */
export function createHandler(env: Env, { find = findDataset, clients = awsClients(env) }: Parts = {}) {
  const config = readEnv(commitEnv, env);
  const { s3, dynamodb } = clients;
  const objects = new ObjectStore(s3);
  const ledger = new Ledger(dynamodb, config.WHARF_LEDGER_TABLE);
  const now = () => new Date();
  const deps: CommitDeps = {
    contract: find,
    objects,
    ledger,
    tables: new Tables({
      catalog: openCatalog(config, clients, domains),
      objects,
      lakeBucket: config.WHARF_LAKE_BUCKET,
      retentionDays: config.WHARF_SNAPSHOT_RETENTION_DAYS,
      now,
    }),
    now,
  };
  return sqsHandler(
    eachGroup(async (dataset, records) => {
      const deliveries = records.map(({ body }) => message.parse(JSON.parse(body)).delivery);
      await commitDeliveries(dataset, deliveries, deps);
    }),
    { ledger, maxReceives: config.WHARF_MAX_RECEIVES },
  );
}

export const handler = lazy(() => createHandler(process.env));

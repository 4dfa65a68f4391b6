/** Makes written deliveries visible: the FIFO queue `commit` → one Iceberg snapshot for up to ten deliveries. */
import * as z from 'zod/mini';
import { domains, findDataset } from '../../datasets/index.ts';
import { awsClients, type Env } from '../../platform/aws.ts';
import { openCatalog } from '../../platform/catalog/open.ts';
import { commitDeliveries } from '../../platform/commit/commit.ts';
import { Tables } from '../../platform/commit/tables.ts';
import { Ledger } from '../../platform/ledger.ts';
import { lineageTo } from '../../platform/lineage.ts';
import { ObjectStore } from '../../platform/objects.ts';
import { applyRevision } from '../../platform/revisions/apply.ts';
import type { ReviseDeps } from '../../platform/revisions/model.ts';
import { Revisions } from '../../platform/revisions/revisions.ts';
import { commitEnv, readEnv } from '../config.ts';
import { lazy } from '../lazy.ts';
import type { Parts } from '../parts.ts';
import { eachGroup, sqsHandler } from '../sqs.ts';

/** A delivery to be committed, or a revision to be done. */
const message = z.union([
  z.object({ delivery: z.string(), dataset: z.string() }),
  z.object({ revision: z.string(), dataset: z.string() }),
]);

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
  const deps: ReviseDeps = {
    contract: find,
    objects,
    ledger,
    revisions: new Revisions(dynamodb, config.WHARF_LEDGER_TABLE),
    tables: new Tables({
      catalog: openCatalog(config, clients, domains),
      objects,
      lakeBucket: config.WHARF_LAKE_BUCKET,
      retentionDays: config.WHARF_SNAPSHOT_RETENTION_DAYS,
      now,
    }),
    now,
    lineage: config.WHARF_LINEAGE_URL === undefined ? undefined : lineageTo(config.WHARF_LINEAGE_URL),
  };
  return sqsHandler(
    eachGroup(async (dataset, records) => {
      let deliveries: string[] = [];
      // In the order they came: an undo sees what was committed before it was asked for.
      for (const one of records.map(({ body }) => message.parse(JSON.parse(body)))) {
        if ('delivery' in one) {
          deliveries.push(one.delivery);
          continue;
        }
        await commitDeliveries(dataset, deliveries, deps);
        deliveries = [];
        await applyRevision(one.revision, dataset, deps);
      }
      await commitDeliveries(dataset, deliveries, deps);
    }),
    { ledger, maxReceives: config.WHARF_MAX_RECEIVES },
  );
}

export const handler = lazy(() => createHandler(process.env));

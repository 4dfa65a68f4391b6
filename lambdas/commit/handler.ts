/** Makes written deliveries visible: the FIFO queue `commit` → one Iceberg snapshot for up to ten deliveries. */
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import * as z from 'zod/mini';
import { decisionMessage } from '../../core/drift/decision.ts';
import { domains, findDataset } from '../../datasets/index.ts';
import { awsClients, type Env } from '../../platform/aws.ts';
import { openCatalog } from '../../platform/catalog/open.ts';
import { commitDeliveries } from '../../platform/commit/commit.ts';
import { Tables } from '../../platform/commit/tables.ts';
import { type ApprovalDeps, decideBy } from '../../platform/drift/approvals.ts';
import { registry } from '../../platform/drift/registry.ts';
import { DriftStore } from '../../platform/drift/store.ts';
import { formatNotice } from '../../platform/ingest/notice.ts';
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

/** A delivery to be committed, a revision to be done, or a decision about a change of files. */
const message = z.union([
  decisionMessage,
  z.object({ delivery: z.string(), dataset: z.string() }),
  z.object({ revision: z.string(), dataset: z.string() }),
]);

/**
 * Builds the handler for an environment; `wharf start` runs the same function in its own process.
 * @param parts what to use instead of the deployed datasets and SDK clients
 */
export function createHandler(env: Env, { find = findDataset, clients = awsClients(env) }: Parts = {}) {
  const config = readEnv(commitEnv, env);
  const { s3, sqs, dynamodb } = clients;
  const catalog = openCatalog(config, clients, domains);
  const objects = new ObjectStore(s3);
  const ledger = new Ledger(dynamodb, config.WHARF_LEDGER_TABLE);
  const drift = new DriftStore(dynamodb, config.WHARF_LEDGER_TABLE);
  const now = () => new Date();
  const deps: ReviseDeps = {
    contract: registry(find, (dataset) => drift.versions(dataset)),
    objects,
    ledger,
    revisions: new Revisions(dynamodb, config.WHARF_LEDGER_TABLE),
    drift,
    tables: new Tables({
      catalog,
      objects,
      lakeBucket: config.WHARF_LAKE_BUCKET,
      retentionDays: config.WHARF_SNAPSHOT_RETENTION_DAYS,
      now,
    }),
    now,
    lineage: lineageTo(config.WHARF_LINEAGE_URL),
  };
  const approvals: ApprovalDeps = {
    ...{ drift, ledger, objects, catalog, base: find, now, lineage: deps.lineage },
    tell: async (entry) => {
      const MessageBody = formatNotice(entry);
      await sqs.send(new SendMessageCommand({ QueueUrl: config.WHARF_LANDED_QUEUE_URL, MessageBody }));
    },
  };
  return sqsHandler(
    eachGroup(async (dataset, records) => {
      let deliveries: string[] = [];
      const commit = async () => {
        if (deliveries.length > 0) await commitDeliveries(dataset, deliveries, deps);
        deliveries = [];
      };
      // In the order they came: an undo sees what was committed before it was asked for.
      for (const one of records.map(({ body }) => message.parse(JSON.parse(body)))) {
        if ('delivery' in one) {
          deliveries.push(one.delivery);
          continue;
        }
        await commit();
        if ('revision' in one) await applyRevision(one.revision, dataset, deps);
        else await decideBy(one, approvals);
      }
      await commit();
    }),
    { ledger, maxReceives: config.WHARF_MAX_RECEIVES },
  );
}

export const handler = lazy(() => createHandler(process.env));

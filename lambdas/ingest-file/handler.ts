/** Takes in what lands in S3: the queue `landed` → files in the lake → the queue `commit`. */
import type { SQSRecord } from 'aws-lambda';
import { domains, findDataset } from '../../datasets/index.ts';
import { awsClients, type Env } from '../../platform/aws.ts';
import { openCatalog } from '../../platform/catalog/open.ts';
import { starter } from '../../platform/distribute/start.ts';
import { registry } from '../../platform/drift/registry.ts';
import { DriftStore } from '../../platform/drift/store.ts';
import { Engine } from '../../platform/engine/duckdb.ts';
import { commitAsker } from '../../platform/ingest/ask-commit.ts';
import { type IngestDeps, ingest, markFailed } from '../../platform/ingest/ingest.ts';
import { parseNotices } from '../../platform/ingest/notice.ts';
import { Schemas } from '../../platform/ingest/schemas.ts';
import { Ledger } from '../../platform/ledger.ts';
import { lineageTo } from '../../platform/lineage.ts';
import { ObjectStore } from '../../platform/objects.ts';
import { ingestEnv, readEnv } from '../config.ts';
import { lazy } from '../lazy.ts';
import type { Parts } from '../parts.ts';
import { eachRecord, sqsHandler } from '../sqs.ts';

/**
 * Builds the handler for an environment; `wharf start` runs the same function in its own process.
 * @param parts what to use instead of the deployed datasets and SDK clients
 */
export function createHandler(
  env: Env,
  { find = findDataset, clients = awsClients(env), engine, distributed }: Parts = {},
) {
  const config = readEnv(ingestEnv, env);
  const { s3, sqs, dynamodb, sfn } = clients;
  const machine = config.WHARF_STATE_MACHINE_ARN;
  const objects = new ObjectStore(s3);
  const ledger = new Ledger(dynamodb, config.WHARF_LEDGER_TABLE);
  const drift = new DriftStore(dynamodb, config.WHARF_LEDGER_TABLE);
  let opened: Promise<Engine> | undefined;
  const deps: IngestDeps = {
    contract: registry(find, (dataset) => drift.versions(dataset)),
    drift,
    objects,
    ledger,
    schemas: new Schemas(openCatalog(config, clients, domains), objects),
    // One thread a query: a large file is read in parts and small ones come several at a time, so the cores are busy
    // anyway, and a query of a hundred rows is done before a second thread has woken.
    engine:
      engine ??
      (() =>
        (opened ??= Engine.open({
          dir: config.WHARF_TMP,
          memoryMb: config.WHARF_ENGINE_MEMORY_MB,
          threads: 1,
        }))),
    askCommit: commitAsker(sqs, config.WHARF_COMMIT_QUEUE_URL),
    lakeBucket: config.WHARF_LAKE_BUCKET,
    limits: config.WHARF_LIMITS,
    tmp: config.WHARF_TMP,
    now: () => new Date(),
    lineage: lineageTo(config.WHARF_LINEAGE_URL),
    distributed:
      distributed ??
      (machine
        ? {
            over: config.WHARF_DISTRIBUTED_OVER,
            upTo: config.WHARF_DISTRIBUTED_UP_TO,
            start: starter(sfn, machine),
          }
        : undefined),
  };
  const handle = async ({ body, attributes }: SQSRecord): Promise<void> => {
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
  };
  return sqsHandler(eachRecord(handle, isLight), { ledger, maxReceives: config.WHARF_MAX_RECEIVES });
}

/** Up to this size files are taken in side by side; beyond, one has the engine's memory and the disk for itself. */
const LIGHT_BYTES = 1 << 20;

/** A message that cannot be read is light as well: it fails when it is handled. */
function isLight({ body }: SQSRecord): boolean {
  try {
    return parseNotices(body).every(({ bytes }) => bytes !== undefined && bytes <= LIGHT_BYTES);
  } catch {
    return true;
  }
}

export const handler = lazy(() => createHandler(process.env));

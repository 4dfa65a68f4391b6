/** The pipeline on this machine, opened for one command. */
import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ListQueuesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { type Delivery, isClosed } from '../core/delivery/model.ts';
import type { Catalog } from '../core/lake/model.ts';
import type { Ask } from '../core/schedule/model.ts';
import { datasets } from '../datasets/index.ts';
import { startLocalCloud } from '../local/cloud.ts';
import type { Env, LocalCloud, LocalCloudOptions } from '../local/model.ts';
import { objectPath } from '../local/services/objects.ts';
import { Keys } from '../platform/api/keys.ts';
import { awsClients } from '../platform/aws.ts';
import { DynamoCatalog } from '../platform/catalog/dynamodb.ts';
import { DriftStore } from '../platform/drift/store.ts';
import { Engine } from '../platform/engine/duckdb.ts';
import { commitAsker } from '../platform/ingest/ask-commit.ts';
import { deliveryId } from '../platform/ingest/identity.ts';
import { resume } from '../platform/ingest/resume.ts';
import { sendAsk } from '../platform/jobs/ask.ts';
import { Runs } from '../platform/jobs/runs.ts';
import { Ledger } from '../platform/ledger.ts';
import { ObjectStore, parsePath } from '../platform/objects.ts';
import { Lake } from '../platform/query.ts';
import { resumeRevisions } from '../platform/revisions/ask.ts';
import { Revisions } from '../platform/revisions/revisions.ts';
import { exit, note } from './output.ts';
import { announce, findRunning } from './running.ts';

/** The stores of a pipeline, whoever keeps it up. */
export interface Installation extends AsyncDisposable {
  readonly buckets: LocalCloud['buckets'];
  readonly ledger: Ledger;
  /** Contracts' versions, approvals, profiles. */
  readonly drift: DriftStore;
  /** Keys of the API. */
  readonly keys: Keys;
  readonly objects: ObjectStore;
  readonly lake: Lake;
  readonly catalog: Catalog;
  readonly sqs: SQSClient;
  /** What came of jobs. */
  readonly runs: Runs;
  /** Has a job run as soon as may be. */
  askJob(ask: Ask): Promise<void>;
  /** What was asked to be changed in the tables. */
  readonly revisions: Revisions;
  /** Address of the queue whose messages change the tables. */
  readonly commitQueue: string;
  /** Uploads a local file into the landing zone. */
  put(key: string, file: string): Promise<void>;
  /** Resolves when this process has nothing under way; at once where another keeps the pipeline up. */
  idle(): Promise<void>;
  /** All deliveries, of one dataset or of all, the newest first. */
  deliveries(dataset?: string): Promise<Delivery[]>;
}

/** Where deliveries stand whose key names no dataset. */
const UNKNOWN = 'unknown';
/** What the queue of jobs is called. */
const JOBS = /JobsQueue/;
const INGEST = 'lambdas/ingest-file/handler.ts';

const ledgerOf = (env: Env): Ledger => new Ledger(awsClients(env).dynamodb, env.WHARF_LEDGER_TABLE!);

async function connect(state: string, env: Env, buckets: LocalCloud['buckets']): Promise<Installation> {
  const { s3, dynamodb, sqs } = awsClients(env);
  const objects = new ObjectStore(s3);
  const ledger = ledgerOf(env);
  // Several commands may query the same state at a time.
  const scratch = resolve(state, 'query', String(process.pid));
  const engine = await Engine.open({ dir: scratch, memoryMb: 1000 });
  const catalog = new DynamoCatalog({ client: dynamodb, tableName: env.WHARF_LEDGER_TABLE! });
  const lake = new Lake({
    catalog,
    objects,
    engine,
    cacheDir: resolve(state, 'cache'),
    locate: (path) => {
      const { Bucket, Key } = parsePath(path);
      return join(state, 's3', objectPath(Bucket, Key));
    },
  });
  return {
    ...{ buckets, ledger, objects, lake, catalog, sqs },
    drift: new DriftStore(dynamodb, env.WHARF_LEDGER_TABLE!),
    runs: new Runs(dynamodb, env.WHARF_LEDGER_TABLE!),
    async askJob(ask) {
      const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand({}));
      await sendAsk(sqs, QueueUrls.find((url) => JOBS.test(url))!, ask);
    },
    revisions: new Revisions(dynamodb, env.WHARF_LEDGER_TABLE!),
    commitQueue: env.WHARF_COMMIT_QUEUE_URL!,
    keys: new Keys(dynamodb, env.WHARF_LEDGER_TABLE!),
    idle: async () => {},
    put: (key, file) => objects.upload(`s3://${buckets.landing}/${key}`, file),
    async deliveries(dataset) {
      const names = dataset ? [dataset] : [...datasets.map(({ name }) => name), UNKNOWN];
      const lists = await Promise.all(names.map((name) => Array.fromAsync(ledger.list(name))));
      return lists.flat().sort((a, b) => (a.landed_at < b.landed_at ? 1 : -1));
    },
    async [Symbol.asyncDispose]() {
      engine[Symbol.dispose]();
      rmSync(scratch, { recursive: true, force: true });
    },
  };
}

/**
 * Starts the local cloud on a state folder, with what commands need around it.
 * @throws WharfError `local.state_in_use` and whatever else {@link startLocalCloud} refuses
 */
export async function openInstallation(
  state: string,
  ports: Pick<LocalCloudOptions, 'port' | 'apiPort' | 'wsPort' | 'clock'> = {},
): Promise<Installation & { readonly cloud: LocalCloud }> {
  let ledger: Ledger | undefined;
  const cloud = await startLocalCloud({
    state,
    ...ports,
    // After a restart only what never came to an end is told again.
    unfinished: async ({ bucket, key, etag, lastModified }, opened) => {
      ledger ??= ledgerOf(opened.env(INGEST));
      const entry = await ledger.get(deliveryId(bucket, key, { etag, lastModified }));
      return !entry || !isClosed(entry.state);
    },
  });
  const env = cloud.env(INGEST);
  const stores = await connect(state, env, cloud.buckets);
  const askCommit = commitAsker(awsClients(env).sqs, env.WHARF_COMMIT_QUEUE_URL!);
  const resumed = stores
    .deliveries()
    .then((entries) => resume(entries, { ...stores, askCommit, now: () => new Date() }))
    .then(() =>
      resumeRevisions(
        datasets.map(({ name }) => name),
        { ...stores, now: () => new Date() },
      ),
    )
    .catch((error: Error) => note(`What was left open stays so until the next start: ${error.message}`));
  return {
    ...stores,
    cloud,
    idle: () => cloud.idle(),
    async [Symbol.asyncDispose]() {
      await resumed;
      await stores[Symbol.asyncDispose]();
      await cloud.stop();
    },
  };
}

/** The cloud that `wharf start` keeps up on this state, or else one of this command's own. */
export async function useInstallation(state: string): Promise<Installation> {
  // Nothing needs clearing up: the next command takes the state over and finishes what is under way.
  const stop = () => {
    const cursor = process.stderr.isTTY ? '\u001b[?25h\n' : '';
    note(`${cursor}Stopped. What was uploaded goes on with the next command.`);
    process.exit(exit.interrupted);
  };
  process.once('SIGINT', stop);
  const running = findRunning(state);
  const used = running ? await connect(state, running.env, running.buckets) : await openInstallation(state);
  return {
    ...used,
    async [Symbol.asyncDispose]() {
      await used[Symbol.asyncDispose]();
      process.off('SIGINT', stop);
    },
  };
}

/** Tells other commands on the same state where this cloud answers. @returns how to take that back */
export const announceInstallation = (
  state: string,
  { cloud }: { readonly cloud: LocalCloud },
  apiKey: string,
): (() => void) =>
  announce(state, {
    pid: process.pid,
    ...{ buckets: cloud.buckets, env: cloud.env(INGEST), api: cloud.api, apiKey },
  });

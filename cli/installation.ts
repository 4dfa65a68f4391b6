/** The pipeline on this machine, opened for one command. */
import { join, resolve } from 'node:path';
import type { Delivery } from '../core/delivery/model.ts';
import { isClosed } from '../core/delivery/model.ts';
import { datasets } from '../datasets/index.ts';
import { startLocalCloud } from '../local/cloud.ts';
import type { LocalCloud } from '../local/model.ts';
import { awsClients } from '../platform/aws.ts';
import { DynamoCatalog } from '../platform/catalog/dynamodb.ts';
import { Engine } from '../platform/engine/duckdb.ts';
import { deliveryId } from '../platform/ingest/identity.ts';
import { Ledger } from '../platform/ledger.ts';
import { ObjectStore } from '../platform/objects.ts';
import { Lake } from '../platform/query.ts';

export interface Installation extends AsyncDisposable {
  readonly cloud: LocalCloud;
  readonly ledger: Ledger;
  readonly objects: ObjectStore;
  readonly lake: Lake;
  /** Uploads a local file into the landing zone. */
  put(key: string, file: string): Promise<void>;
  /** All deliveries, of one dataset or of all, the newest first. */
  deliveries(dataset?: string): Promise<Delivery[]>;
}

/** Where deliveries stand whose key names no dataset. */
const UNKNOWN = 'unknown';

/** Starts the local cloud on a state folder, with what commands need around it. */
export async function openInstallation(state: string, port?: number): Promise<Installation> {
  let ledger: Ledger | undefined;
  const cloud = await startLocalCloud({
    state,
    port,
    // After a restart only what never came to an end is told again.
    unfinished: async ({ bucket, key, etag, lastModified }) => {
      const entry = await ledger?.get(deliveryId(bucket, key, { etag, lastModified }));
      return !entry || !isClosed(entry.state);
    },
  });
  const env = cloud.env('lambdas/ingest-file/handler.ts');
  const { s3, dynamodb } = awsClients(env);
  const objects = new ObjectStore(s3);
  const opened = new Ledger(dynamodb, env.WHARF_LEDGER_TABLE!);
  ledger = opened;
  const engine = await Engine.open({ dir: resolve(state, 'query'), memoryMb: 1000 });
  const lake = new Lake({
    catalog: new DynamoCatalog({ client: dynamodb, tableName: env.WHARF_LEDGER_TABLE! }),
    objects,
    engine,
    cacheDir: resolve(state, 'cache'),
    locate: (path) => {
      const [bucket = '', ...key] = path.slice('s3://'.length).split('/');
      return cloud.file(bucket, key.join('/'));
    },
  });
  return {
    ...{ cloud, ledger: opened, objects, lake },
    put: (key, file) => objects.upload(`s3://${cloud.buckets.landing}/${key}`, file),
    async deliveries(dataset) {
      const names = dataset ? [dataset] : [...datasets.map(({ name }) => name), UNKNOWN];
      const lists = await Promise.all(names.map((name) => Array.fromAsync(opened.list(name))));
      return lists.flat().sort((a, b) => (a.landed_at < b.landed_at ? 1 : -1));
    },
    async [Symbol.asyncDispose]() {
      engine[Symbol.dispose]();
      await cloud.stop();
    },
  };
}

/** Where a file of a dataset lands. */
export const landingKey = (dataset: string, file: string): string =>
  join('landing', ...dataset.split('.'), file);

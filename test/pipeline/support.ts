/** A local cloud for tests, and the verbs a user has: put a file, wait, look. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { GetQueueAttributesCommand, ListQueuesCommand } from '@aws-sdk/client-sqs';
import type { Contract } from '../../core/contract/model.ts';
import { balanced } from '../../core/delivery/books.ts';
import type { Delivery } from '../../core/delivery/model.ts';
import { datasets } from '../../datasets/index.ts';
import { createHandler as createCommit } from '../../lambdas/commit/handler.ts';
import { createHandler as createIngest } from '../../lambdas/ingest-file/handler.ts';
import { startLocalCloud } from '../../local/cloud.ts';
import { synthesize } from '../../local/synth.ts';
import { awsClients, type Clients, type Env } from '../../platform/aws.ts';
import { DynamoCatalog } from '../../platform/catalog/dynamodb.ts';
import { Engine } from '../../platform/engine/duckdb.ts';
import { Ledger } from '../../platform/ledger.ts';
import { ObjectStore } from '../../platform/objects.ts';
import { Lake } from '../../platform/query.ts';

export interface TestCloudOptions {
  /** Contracts beside the repository's own. */
  readonly contracts?: readonly Contract[];
  /** Changes the clients the handlers get, e.g. to make them fail. */
  readonly clients?: (clients: Clients) => Clients;
}

export type TestCloud = Awaited<ReturnType<typeof testCloud>>;

/** Starts a cloud in a folder of its own. */
export async function testCloud({ contracts = [], clients = (c) => c }: TestCloudOptions = {}) {
  const state = await mkdtemp(join(tmpdir(), 'wharf-test-'));
  const find = (name: string) => [...contracts, ...datasets].find((c) => c.name === name);
  const parts = (env: Env) => ({ find, clients: clients(awsClients(env)) });
  const cloud = await startLocalCloud({
    state,
    template: await synthesize(join(tmpdir(), 'wharf-test-synth')),
    log: { info: () => {}, warn: () => {}, error: () => {} },
    handlers: {
      'lambdas/ingest-file/handler.ts': (env) => createIngest(env, parts(env)) as never,
      'lambdas/commit/handler.ts': (env) => createCommit(env, parts(env)) as never,
    },
  });
  const env = cloud.env('lambdas/ingest-file/handler.ts');
  const { s3, sqs, dynamodb } = awsClients(env);
  const ledger = new Ledger(dynamodb, env.WHARF_LEDGER_TABLE!);
  const objects = new ObjectStore(s3);
  const catalog = new DynamoCatalog({ client: dynamodb, tableName: env.WHARF_LEDGER_TABLE! });
  const engine = await Engine.open({ dir: join(state, 'query'), memoryMb: 300 });
  const lake = new Lake({ catalog, objects, engine, cacheDir: join(state, 'cache') });

  const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand({}));
  const landedQueue = QueueUrls.find((url) => /landed/i.test(url) && !/dead/i.test(url))!;
  const deadQueues = QueueUrls.filter((url) => /dead/i.test(url));

  const put = async (key: string, body: string | Uint8Array) => {
    const Body = Buffer.from(body);
    await s3.send(new PutObjectCommand({ Bucket: cloud.buckets.landing, Key: key, Body }));
  };
  const deliveries = (dataset: string): Promise<Delivery[]> => Array.fromAsync(ledger.list(dataset));
  return {
    ...{ cloud, env, s3, sqs, ledger, objects, catalog, lake, put, deliveries, landedQueue },
    /** Puts a file for a dataset and waits; the delivery that key has now. */
    async land(dataset: string, name: string, body: string | Uint8Array): Promise<Delivery> {
      const key = `landing/${dataset.replace('.', '/')}/${name}`;
      await put(key, body);
      await cloud.idle();
      const found = (await deliveries(dataset))
        .filter((d) => d.key === key)
        .sort((a, b) => (a.order < b.order ? 1 : -1));
      if (!found[0]) throw new Error(`no delivery for ${key}`);
      return found[0];
    },
    /** Messages in all dead-letter queues. */
    async deadLetters(): Promise<number> {
      const AttributeNames: ['ApproximateNumberOfMessages'] = ['ApproximateNumberOfMessages'];
      const counts = await Promise.all(
        deadQueues.map((QueueUrl) => sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames }))),
      );
      return counts.reduce((sum, { Attributes }) => sum + Number(Attributes?.ApproximateNumberOfMessages), 0);
    },
    async rows(sql: string) {
      return (await lake.query(sql)).rows;
    },
    async [Symbol.asyncDispose]() {
      engine[Symbol.dispose]();
      await cloud.stop();
      await rm(state, { recursive: true, force: true });
    },
  };
}

/** The books of a delivery in one line, and whether they balance. */
export const books = ({ state, read, accepted, quarantined, duplicate, reasons }: Delivery) => ({
  ...{ state, read, accepted, quarantined, duplicate, reasons },
  balanced: balanced({ read, accepted, quarantined, duplicate }),
});

/** What a user can do with a pipeline, whichever cloud it runs on: put a file, wait, look. */
import { join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import {
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  type QueueAttributeName,
  SendMessageBatchCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { Finding } from '../../core/audit/model.ts';
import type { Contract } from '../../core/contract/model.ts';
import { balanced } from '../../core/delivery/books.ts';
import type { Delivery } from '../../core/delivery/model.ts';
import type { EventMessage } from '../../core/events/model.ts';
import type { Asked, Revision } from '../../core/revision/model.ts';
import { domains } from '../../datasets/index.ts';
import { Keys } from '../../platform/api/keys.ts';
import { auditDataset } from '../../platform/audit.ts';
import { awsClients, type Env } from '../../platform/aws.ts';
import { type CatalogConfig, openCatalog } from '../../platform/catalog/open.ts';
import { Engine } from '../../platform/engine/duckdb.ts';
import { Ledger } from '../../platform/ledger.ts';
import { ObjectStore } from '../../platform/objects.ts';
import { Lake } from '../../platform/query.ts';
import { askRevision } from '../../platform/revisions/ask.ts';
import { Revisions } from '../../platform/revisions/revisions.ts';

const HOUR = 60 * 60 * 1000;

export interface VerbsOptions {
  /** As the function `ingest-file` has it, with endpoints and credentials. */
  readonly env: Env & CatalogConfig;
  readonly landing: string;
  readonly landedQueue: string;
  readonly eventQueue: string;
  /** Where the HTTP API is. */
  readonly api: string;
  /** Folder for what is fetched. */
  readonly folder: string;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
}

export type Verbs = Awaited<ReturnType<typeof openVerbs>>;

/** A queue's attributes, as text. */
export const attributesOf = async (sqs: SQSClient, QueueUrl: string, ...names: QueueAttributeName[]) =>
  (await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: names }))).Attributes ?? {};

/** The dead-letter queue of a queue. */
export async function deadLettersOf(sqs: SQSClient, queue: string): Promise<string> {
  const { RedrivePolicy } = await attributesOf(sqs, queue, 'RedrivePolicy');
  const { deadLetterTargetArn } = JSON.parse(RedrivePolicy!) as { deadLetterTargetArn: string };
  const QueueName = deadLetterTargetArn.split(':').at(-1)!;
  return (await sqs.send(new GetQueueUrlCommand({ QueueName }))).QueueUrl!;
}

/** What S3 says of an object, in the words of its notifications. */
export const notice = ({ bucket, key, version }: Pick<Delivery, 'bucket' | 'key' | 'version'>) => ({
  Records: [
    {
      s3: {
        bucket: { name: bucket },
        object: {
          key: encodeURIComponent(key).replaceAll('%20', '+'),
          ...(version ? { versionId: version } : {}),
          sequencer: '01',
        },
      },
    },
  ],
});

export async function openVerbs(options: VerbsOptions) {
  const { env, landing, landedQueue, eventQueue, api, folder, idle } = options;
  const clients = awsClients(env);
  const { s3, sqs, dynamodb } = clients;
  const ledger = new Ledger(dynamodb, env.WHARF_LEDGER_TABLE);
  const objects = new ObjectStore(s3);
  const revisions = new Revisions(dynamodb, env.WHARF_LEDGER_TABLE);
  const asking = { revisions, sqs, commitQueue: env.WHARF_COMMIT_QUEUE_URL!, now: () => new Date() };
  const catalog = openCatalog(env, clients, domains);
  const engine = await Engine.open({ dir: join(folder, 'query'), memoryMb: 300 });
  const lake = new Lake({ catalog, objects, engine, cacheDir: join(folder, 'cache') });
  const queues = [landedQueue, eventQueue, env.WHARF_COMMIT_QUEUE_URL!];

  const put = async (key: string, body: string | Uint8Array) => {
    await s3.send(new PutObjectCommand({ Bucket: landing, Key: key, Body: Buffer.from(body) }));
  };
  const deliveries = (dataset: string): Promise<Delivery[]> => Array.fromAsync(ledger.list(dataset));
  return {
    ...{
      env,
      s3,
      sqs,
      ledger,
      revisions,
      objects,
      catalog,
      lake,
      landing,
      landedQueue,
      eventQueue,
      api,
      put,
      deliveries,
      idle,
    },
    /** Puts a file for a dataset and waits; the delivery that key has now. */
    async land(dataset: string, name: string, body: string | Uint8Array): Promise<Delivery> {
      const key = `landing/${dataset.replace('.', '/')}/${name}`;
      await put(key, body);
      await idle();
      const found = (await deliveries(dataset))
        .filter((d) => d.key === key)
        .sort((a, b) => (a.order < b.order ? 1 : -1));
      if (!found[0]) throw new Error(`no delivery for ${key}`);
      return found[0];
    },
    /** Sends a message to the queue of what landed, as S3 does. */
    async tell(message: unknown): Promise<void> {
      await sqs.send(new SendMessageCommand({ QueueUrl: landedQueue, MessageBody: JSON.stringify(message) }));
    },
    /** Sends messages to the queue of posted events, as `accept-event` does: ten in one request. */
    async post(messages: readonly (EventMessage | string)[]): Promise<void> {
      const bodies = messages.map((message) =>
        typeof message === 'string' ? message : JSON.stringify(message),
      );
      for (let i = 0; i < bodies.length; i += 10)
        await sqs.send(
          new SendMessageBatchCommand({
            QueueUrl: eventQueue,
            Entries: bodies.slice(i, i + 10).map((MessageBody, j) => ({ Id: String(j), MessageBody })),
          }),
        );
    },
    /** Makes a key for the API. @returns its text */
    async key(...scopes: string[]): Promise<string> {
      const keys = new Keys(dynamodb, env.WHARF_LEDGER_TABLE);
      return (await keys.make({ name: 'test', scopes })).text;
    },
    /** Asks for a revision, as `wharf undo` and `wharf rollback` do. */
    ask: (dataset: string, asked: Asked): Promise<Revision> =>
      askRevision({ dataset, asked, by: 'the test', reason: 'to see' }, asking),
    /** Asks for a revision and waits; what became of it. */
    async revise(dataset: string, asked: Asked): Promise<Revision> {
      const { id } = await askRevision({ dataset, asked, by: 'the test', reason: 'to see' }, asking);
      await idle();
      return (await revisions.get(id))!;
    },
    /** Messages in all dead-letter queues. */
    async deadLetters(): Promise<number> {
      const counts = queues.map(async (queue) => {
        const dead = await deadLettersOf(sqs, queue);
        return (await attributesOf(sqs, dead, 'ApproximateNumberOfMessages')).ApproximateNumberOfMessages;
      });
      return (await Promise.all(counts)).reduce((sum, count) => sum + Number(count), 0);
    },
    /** What `wharf fsck` finds in a dataset; two hours from now, when nothing is under way any more. */
    audit: (contract: Contract, afterMs = 2 * HOUR): Promise<Finding[]> =>
      auditDataset(contract, {
        ...{ ledger, revisions, objects, catalog, lakeBucket: env.WHARF_LAKE_BUCKET! },
        now: () => new Date(Date.now() + afterMs),
      }),
    async rows(sql: string) {
      return (await lake.query(sql)).rows;
    },
    close(): void {
      engine[Symbol.dispose]();
      for (const client of Object.values(clients)) client.destroy();
    },
  };
}

/** The books of a delivery in one line, and whether they balance. */
export const books = ({ state, read, accepted, quarantined, duplicate, reasons }: Delivery) => ({
  ...{ state, read, accepted, quarantined, duplicate, reasons },
  balanced: balanced({ read, accepted, quarantined, duplicate }),
});

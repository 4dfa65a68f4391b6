/** Does `wharf cost` say of requests and milliseconds what the handlers take? */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context, SQSEvent } from 'aws-lambda';
import { defaults, milliseconds, type Requests, requestsOf } from '../core/cost/usage.ts';
import { generateText } from '../core/generate/generate.ts';
import { loadTable } from '../core/lake/table.ts';
import { dataset, findDataset } from '../datasets/index.ts';
import { createHandler as createCommit } from '../lambdas/commit/handler.ts';
import { createHandler as createIngest } from '../lambdas/ingest-file/handler.ts';
import { startLocalCloud } from '../local/cloud.ts';
import { Meter } from '../local/meter.ts';
import type { CreateHandler, Env } from '../local/model.ts';
import { awsClients } from '../platform/aws.ts';
import { DynamoCatalog } from '../platform/catalog/dynamodb.ts';
import { ObjectStore } from '../platform/objects.ts';
import { type Line, withFolder } from './support.ts';

const INGEST = 'lambdas/ingest-file/handler.ts';
const COMMIT = 'lambdas/commit/handler.ts';
const contract = dataset('retailos.transactions');

/** What counted requests the model means by its kinds. */
const counted: Readonly<Partial<Record<keyof Requests, readonly string[]>>> = {
  s3Write: ['S3 PutObject', 'S3 UploadPart'],
  s3Read: ['S3 GetObject', 'S3 HeadObject'],
  send: ['SQS SendMessageBatch'],
};

async function landed(files: number, rows: number): Promise<Line[]> {
  return withFolder(async (dir) => {
    const meter = new Meter();
    const ms = { [INGEST]: 0, [COMMIT]: 0 };
    const timed =
      (entry: keyof typeof ms, create: typeof createIngest): CreateHandler =>
      (env: Env) => {
        const handler = create(env, { find: findDataset, clients: meter.watch(awsClients(env)) });
        return async (event: SQSEvent, context: Context) => {
          const start = performance.now();
          const result = await handler(event, context);
          ms[entry] += performance.now() - start;
          return result;
        };
      };
    const handlers = { [INGEST]: timed(INGEST, createIngest), [COMMIT]: timed(COMMIT, createCommit) };
    await using cloud = await startLocalCloud({ state: join(dir, 'state'), handlers });
    const env = cloud.env(INGEST);
    const { s3, dynamodb: client } = awsClients(env);
    const objects = new ObjectStore(s3);
    await mkdir(join(dir, 'files'));
    for (let seed = 1; seed <= files; seed++) {
      const file = join(dir, 'files', `${seed}.csv`);
      await writeFile(file, generateText(contract, { rows, seed, defects: 0.02, format: 'csv' }));
      await objects.upload(`s3://${cloud.buckets.landing}/landing/retailos/transactions/${seed}.csv`, file);
      await cloud.idle();
    }
    const catalog = new DynamoCatalog({ client, tableName: env.WHARF_LEDGER_TABLE! });
    const commits = (await loadTable(catalog, objects, contract.name))!.metadata['last-sequence-number'];
    const all = rows * files;
    const model = requestsOf({ ...defaults, deliveries: files, rows: all, batch: files / commits });
    const each = (n: number) => (n / files).toFixed(1);
    const requests = Object.entries(counted).map(([kind, names]) => {
      const sent = names.reduce((sum, name) => sum + (meter.requests.get(name) ?? 0), 0);
      return `${kind} ${each(sent)} (${each(model[kind as keyof Requests])})`;
    });
    const said = { [INGEST]: milliseconds.ingest(files, all), [COMMIT]: milliseconds.commit(commits, files) };
    return [
      {
        question: `A delivery of ${rows.toLocaleString('en-GB')} rows: requests (as wharf cost has them)`,
        result: requests.join(', '),
      },
      ...([INGEST, COMMIT] as const).map((entry) => ({
        question: `… ${entry.split('/')[1]}: milliseconds here (as wharf cost has them)`,
        result: `${each(ms[entry])} (${each(said[entry])})`,
      })),
    ];
  });
}

export async function costBench(): Promise<Line[]> {
  return [...(await landed(20, 100)), ...(await landed(3, 200_000))];
}

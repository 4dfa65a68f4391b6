/** What does a sweep of a hundred thousand landed objects take? */
import { join } from 'node:path';
import { Meter } from '../local/meter.ts';
import { createTables, startDynamoDb } from '../local/services/dynamodb.ts';
import { startEmulator } from '../local/services/emulator.ts';
import { synthesize } from '../local/synth.ts';
import { readTopology } from '../local/topology/read.ts';
import { awsClients } from '../platform/aws.ts';
import { deliveryId } from '../platform/ingest/identity.ts';
import { Items } from '../platform/items.ts';
import { sweep } from '../platform/jobs/sweep.ts';
import { Watermarks } from '../platform/jobs/watermarks.ts';
import { Ledger } from '../platform/ledger.ts';
import { ObjectStore } from '../platform/objects.ts';
import { type Line, withFolder } from './support.ts';

const OBJECTS = 100_000;
const LOST = 1_000;
const DAY = 86_400_000;
const credentials = { region: 'us-east-1', accessKeyId: 'a', secretAccessKey: 'b' };

export const sweepBench = (): Promise<Line[]> =>
  withFolder(async (dir) => {
    const emulator = await startEmulator({ folder: join(dir, 's3'), port: 0, onObject: () => {} });
    const dynamodb = await startDynamoDb(join(dir, 'dynamodb'), 0);
    try {
      const { tables } = readTopology(await synthesize(dir), emulator.queueUrl);
      await createTables(tables, dynamodb.url, credentials);
      const table = tables[0]!.TableName;
      const clients = awsClients({
        ...{ AWS_REGION: credentials.region, AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' },
        ...{ AWS_ENDPOINT_URL_S3: emulator.url, AWS_ENDPOINT_URL_SQS: emulator.url },
        AWS_ENDPOINT_URL_DYNAMODB: dynamodb.url,
      });
      const [bucket, items] = ['landing-bucket', new Items(clients.dynamodb, table)];
      emulator.objects.createBucket(bucket);
      emulator.queues.createQueue(
        'landed',
        emulator.queueUrl('landed'),
        'arn:aws:sqs:us-east-1:0:landed',
        {},
      );
      for (let i = 0; i < OBJECTS; i++)
        emulator.objects.putObject(bucket, `landing/retailos/stores/${i}.csv`, Buffer.from(String(i)));
      const objects = new ObjectStore(clients.s3);
      const ids: string[] = [];
      for await (const page of objects.versions(bucket, 'landing/'))
        ids.push(...page.map((version) => deliveryId(bucket, version.key, version)));
      const known = ids.slice(LOST);
      for (let i = 0; i < known.length; i += 25)
        await items.putAll(
          new Map(
            known
              .slice(i, i + 25)
              .map((delivery) => [`delivery#${delivery}`, { delivery, state: 'committed' }]),
          ),
        );
      const meter = new Meter();
      meter.watch({ s3: clients.s3, sqs: clients.sqs, dynamodb: clients.dynamodb });
      const deps = {
        ...{ objects, ledger: new Ledger(clients.dynamodb, table), sqs: clients.sqs, landingBucket: bucket },
        watermarks: new Watermarks(clients.dynamodb, table),
        landedQueueUrl: emulator.queueUrl('landed'),
      };
      const swept = async (question: string, days: number): Promise<Line> => {
        meter.reset();
        const start = performance.now();
        const { looked_at, lost } = await sweep('landing/', {
          ...deps,
          now: () => new Date(Date.now() + days * DAY),
        });
        const seconds = ((performance.now() - start) / 1000).toFixed(1);
        const requests = [...meter.requests].map(([name, n]) => `${name} ${n}`).join(', ');
        return { question, result: `${seconds} s, ${looked_at} looked up, ${lost} lost; ${requests}` };
      };
      return [
        await swept(`Sweep of ${OBJECTS.toLocaleString('en-GB')} objects, the first time`, 1),
        await swept('… the next one, with nothing new', 2),
      ];
    } finally {
      await emulator.stop();
      await dynamodb.stop();
    }
  });

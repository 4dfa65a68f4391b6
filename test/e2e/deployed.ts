/** The deployed stack for tests: what `run.ts` started, with the verbs a user has. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Emulator, Outputs } from '../../localstack/deploy.ts';
import { emulatorEnv } from '../../localstack/deploy.ts';
import { awsClients } from '../../platform/aws.ts';
import { attributesOf, openVerbs, type VerbsOptions } from '../pipeline/verbs.ts';

/** What `run.ts` tells the tests, as JSON in WHARF_E2E. */
export interface Deployment {
  readonly emulator: Emulator;
  readonly outputs: Outputs;
}

export const deployment = JSON.parse(process.env.WHARF_E2E ?? 'null') as Deployment;

export type Deployed = Awaited<ReturnType<typeof openDeployed>>;

/** How long everything under way may take to come to rest. */
const PATIENCE_MS = 60_000;
const LOOK_MS = 100;
/** A function may hand its work to the next queue between two looks. */
const QUIET = 3;

const waiting = [
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesNotVisible',
  'ApproximateNumberOfMessagesDelayed',
] as const;

/** An API at the emulator's own address: the output's host name has an address only in AWS. */
export const apiAt = ({ endpoint }: Emulator, url: string, stage = '$default') =>
  `${endpoint}/_aws/execute-api/${new URL(url).hostname.split('.')[0]}/${stage}`;

/** Connects to the stack as somebody who may do everything. */
export async function openDeployed() {
  const { emulator, outputs } = deployment;
  const env: VerbsOptions['env'] = {
    ...emulatorEnv(emulator),
    WHARF_CATALOG: 'glue',
    WHARF_DATABASE_SUFFIX: '_dev',
    WHARF_LEDGER_TABLE: outputs.LedgerTableName!,
    WHARF_LAKE_BUCKET: outputs.LakeBucketName,
    WHARF_COMMIT_QUEUE_URL: outputs.CommitQueueUrl,
  };
  const folder = await mkdtemp(join(tmpdir(), 'wharf-e2e-'));
  const { sqs } = awsClients(env);
  const queues = [
    outputs.LandedQueueUrl!,
    outputs.EventQueueUrl!,
    outputs.OrderedQueueUrl!,
    outputs.CommitQueueUrl!,
  ];
  const busy = async () => {
    const counts = await Promise.all(queues.map((queue) => attributesOf(sqs, queue, ...waiting)));
    return counts.some((attributes) => waiting.some((name) => Number(attributes[name]) > 0));
  };
  let stuck: Error | undefined;
  const idle = async () => {
    // What did not end once holds up the rest: they need not wait for it again.
    if (stuck) throw stuck;
    const until = Date.now() + PATIENCE_MS;
    for (let quiet = 0; quiet < QUIET; quiet++) {
      if (await busy()) quiet = -1;
      if (Date.now() > until) {
        stuck = new Error('Messages are still under way; what the functions said tells why');
        throw stuck;
      }
      await sleep(LOOK_MS);
    }
  };
  const { LandingBucketName: landing, LandedQueueUrl: landedQueue, EventQueueUrl: eventQueue } = outputs;
  const verbs = await openVerbs({
    env,
    landing: landing!,
    landedQueue: landedQueue!,
    eventQueue: eventQueue!,
    api: apiAt(emulator, outputs.ApiUrl!),
    folder,
    idle,
  });
  return {
    ...verbs,
    async [Symbol.asyncDispose]() {
      verbs.close();
      sqs.destroy();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

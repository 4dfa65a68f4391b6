/** A local cloud for tests, with the verbs a user has. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ListQueuesCommand } from '@aws-sdk/client-sqs';
import type { Contract } from '../../core/contract/model.ts';
import { datasets } from '../../datasets/index.ts';
import { createHandler as createCommit } from '../../lambdas/commit/handler.ts';
import { createHandler as createIngest } from '../../lambdas/ingest-file/handler.ts';
import type { Parts } from '../../lambdas/parts.ts';
import { createHandler as createWriteEvents } from '../../lambdas/write-events/handler.ts';
import { startLocalCloud } from '../../local/cloud.ts';
import type { LocalCloudOptions } from '../../local/model.ts';
import { synthesize } from '../../local/synth.ts';
import type { Template } from '../../local/topology/template.ts';
import { awsClients, type Clients, type Env } from '../../platform/aws.ts';
import type { DynamoCatalog } from '../../platform/catalog/dynamodb.ts';
import { openVerbs, type VerbsOptions } from './verbs.ts';

export { books } from './verbs.ts';

export interface TestCloudOptions {
  /** Contracts beside the repository's own. */
  readonly contracts?: readonly Contract[];
  /** Changes the clients the handlers get, e.g. to make them fail. */
  readonly clients?: (clients: Clients) => Clients;
  /** Whether messages reach the functions; otherwise they wait for the test to take them. @default true */
  readonly fed?: boolean;
  /** What the environment of who takes files in, and of the committer, has beside the template's. */
  readonly more?: Env;
  /** A road for large files, which one machine has not. */
  readonly distributed?: Parts['distributed'];
  /** Entry → code, on top of the pipeline's own. */
  readonly handlers?: LocalCloudOptions['handlers'];
  readonly clock?: LocalCloudOptions['clock'];
  /** What keys end in whose creation S3 tells of. @default all are told */
  readonly heard?: string;
}

export type TestCloud = Awaited<ReturnType<typeof testCloud>>;

/** The template of the stack as it is; synthesized again only when something changed. */
export const testTemplate = () => synthesize(join(tmpdir(), 'wharf-test-synth'));

/** Starts a cloud in a folder of its own. */
export async function testCloud({
  contracts = [],
  clients = (c) => c,
  fed = true,
  distributed,
  handlers,
  clock,
  heard,
  more = {},
}: TestCloudOptions = {}) {
  const state = await mkdtemp(join(tmpdir(), 'wharf-test-'));
  const find = (name: string) => [...contracts, ...datasets].find((c) => c.name === name);
  const parts = (env: Env) => ({ find, clients: clients(awsClients(env)) });
  const template = await testTemplate();
  const cloud = await startLocalCloud({
    state,
    windowMs: 50,
    template: heard ? hearing(heard, template) : fed ? template : unfed(template),
    log: { info: () => {}, warn: () => {}, error: () => {} },
    handlers: {
      'lambdas/ingest-file/handler.ts': (env) =>
        createIngest({ ...env, ...more }, { ...parts(env), distributed }) as never,
      'lambdas/write-events/handler.ts': (env) => createWriteEvents(env, parts(env)) as never,
      'lambdas/commit/handler.ts': (env) => createCommit({ ...env, ...more }, parts(env)) as never,
      ...handlers,
    },
    clock,
  });
  const env = cloud.env('lambdas/ingest-file/handler.ts') as VerbsOptions['env'];
  const { QueueUrls = [] } = await awsClients(env).sqs.send(new ListQueuesCommand({}));
  const queue = (name: RegExp) => QueueUrls.find((url) => name.test(url) && !/dead/i.test(url))!;
  const [landedQueue, eventQueue, orderedQueue] = [/landed/i, /events/i, /ordered/i].map(queue) as [
    string,
    string,
    string,
  ];
  const landing = cloud.buckets.landing!;
  const verbs = await openVerbs({
    env,
    landing,
    landedQueue,
    eventQueue,
    api: cloud.api!,
    folder: state,
    idle: () => cloud.idle(),
  });
  return {
    ...verbs,
    cloud,
    find,
    orderedQueue,
    // Here it stands in the ledger, and asks nothing of what a table looks like.
    catalog: verbs.catalog as DynamoCatalog,
    async [Symbol.asyncDispose]() {
      verbs.close();
      await cloud.stop();
      await rm(state, { recursive: true, force: true });
    },
  };
}

/** The template with no function fed by a queue. */
const unfed = (template: Template): Template => ({
  ...template,
  Resources: Object.fromEntries(
    Object.entries(template.Resources).filter(([, { Type }]) => Type !== 'AWS::Lambda::EventSourceMapping'),
  ),
});

/** The template with notifications of some keys alone: those of all others are lost. */
const hearing = (ending: string, template: Template): Template =>
  JSON.parse(
    JSON.stringify(template).replace(
      /"FilterRules":\[/,
      `$&${JSON.stringify({ Name: 'suffix', Value: ending })},`,
    ),
  ) as Template;

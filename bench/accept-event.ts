/** What does an event cost at the API's door, alone and in a post of 500, and what in a service as one writes it first? */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import { findDataset } from '../datasets/index.ts';
import { createHandler } from '../lambdas/accept-event/handler.ts';
import { startLocalCloud } from '../local/cloud.ts';
import type { LocalCloud } from '../local/model.ts';
import { Keys } from '../platform/api/keys.ts';
import { awsClients } from '../platform/aws.ts';
import { sideBySide } from '../platform/side-by-side.ts';
import { type Line, time, withFolder } from './support.ts';
import { agent, post } from './ways/post.ts';
import { startPostPut } from './ways/post-put.ts';
import type { Answered } from './ways/poster.ts';
import { view } from './ways/view.ts';

const ENTRY = 'lambdas/accept-event/handler.ts';
const one = (i: number): string => JSON.stringify(view(i));
const many = (i: number, n: number): string =>
  JSON.stringify(Array.from({ length: n }, (_, k) => view(i * n + k)));

/** Made beforehand: what a client does to make them is not what is measured. */
const bodies500 = Array.from({ length: 64 }, (_, i) => many(i, 500));
const many500 = (i: number): string => bodies500[i % bodies500.length]!;

/** A request as API Gateway hands it over, of a caller whom the authorizer let in. */
const event = (body: string) =>
  ({
    version: '2.0',
    routeKey: 'POST /v1/{domain}/{dataset}',
    pathParameters: { domain: 'recomart', dataset: 'transactions' },
    headers: { 'content-type': 'application/json' },
    requestContext: { authorizer: { lambda: { caller: 'bench', scopes: '*:write', rate: '1000000' } } },
    body,
    isBase64Encoded: false,
  }) as unknown as APIGatewayProxyEventV2;

/** Events a second of the handler, its queue and ledger answering at once. */
async function alone(bodies: readonly string[], eventsEach: number): Promise<number> {
  const env = {
    AWS_REGION: 'us-east-1',
    WHARF_LEDGER_TABLE: 't',
    WHARF_COMMIT_QUEUE_URL: 'c',
    WHARF_EVENTS_QUEUE_URL: 'q',
    WHARF_ORDERED_QUEUE_URL: 'q.fifo',
    WHARF_LANDING_BUCKET: 'b',
  };
  const handler = createHandler(env, {
    send: async () => {},
    limiter: { take: async () => {} },
    find: async (name) => findDataset(name),
  });
  const run = async () => {
    for (const body of bodies) {
      const { statusCode } = await handler(event(body), { awsRequestId: '' } as Context);
      if (statusCode !== 202) throw new Error(`answered ${statusCode}`);
    }
  };
  await run();
  return (bodies.length * eventsEach * 1000) / (await time(run));
}

/** Events a second over HTTP, 32 requests at a time. */
async function flood(
  send: (i: number) => Promise<void>,
  requests: number,
  eventsEach: number,
): Promise<number> {
  const run = (n: number) => sideBySide(Array(n).keys(), 32, send);
  await run(Math.ceil(requests / 4));
  return (requests * eventsEach * 1000) / (await time(() => run(requests)));
}

/** So many times requests are paced; the run in the middle counts, for one slip of the machine is a percent of a run. */
const RUNS = 3;

/** The median and the 99th percentile of the answers' times when so many requests begin in a second. */
async function paced({ url, key }: Door, perSecond: number): Promise<string> {
  const runs: Answered[] = [];
  for (let run = 0; run < RUNS; run++) {
    const client = fork(join(import.meta.dirname, 'ways/poster.ts'), [url, key, String(perSecond), '8']);
    runs.push(((await once(client, 'message')) as [Answered])[0]);
  }
  const { p50, p99 } = runs.sort((a, b) => a.p99 - b.p99)[Math.floor(RUNS / 2)]!;
  return `${p50.toFixed(1)} / ${p99.toFixed(1)} ms`;
}

/** The API of a local cloud, and a key for it. */
interface Door {
  readonly url: string;
  readonly key: string;
}

async function doorOf(cloud: LocalCloud): Promise<Door> {
  const env = cloud.env(ENTRY);
  const keys = new Keys(awsClients(env).dynamodb, env.WHARF_LEDGER_TABLE!);
  const { text: key } = await keys.make({ name: 'bench', scopes: ['*:write'], rate: 1e6 });
  return { url: `${cloud.api}/v1/recomart/transactions`, key };
}

const postsOf =
  ({ url, key }: Door, bodyOf = one) =>
  (i: number): Promise<void> =>
    post(url, bodyOf(i), key);

/** So many requests come first: until then it is the compiler's time that is measured. */
const WARM_UP = 40_000;

interface Answering {
  readonly calm: string;
  readonly busy: string;
  /** Events a second. */
  readonly single: number;
  readonly many: number;
}

/** What answers cost while nobody writes what was posted: what the queue has is taken and thrown away. */
async function answering(state: string): Promise<Answering> {
  const thrown = { 'lambdas/write-events/handler.ts': () => async () => {} };
  await using cloud = await startLocalCloud({ state, handlers: thrown });
  const door = await doorOf(cloud);
  await flood(postsOf(door), WARM_UP, 1);
  const [calm, busy] = [await paced(door, 500), await paced(door, 2_500)];
  const single = await flood(postsOf(door), 8_000, 1);
  const many = await flood(postsOf(door, many500), 600, 500);
  return { calm, busy, single, many };
}

const perSecond = (n: number): string => `${Math.round(n).toLocaleString('en-GB')} events/s`;

export async function acceptEventBench(): Promise<Line[]> {
  const single = await alone(
    Array.from({ length: 20_000 }, (_, i) => one(i)),
    1,
  );
  const batched = await alone(
    Array.from({ length: 200 }, (_, i) => many(i, 500)),
    500,
  );
  const cheaper = (batched / single).toFixed(1);
  return withFolder(async (dir) => {
    const answered = await answering(join(dir, 'answering'));
    await using cloud = await startLocalCloud({ state: join(dir, 'state') });
    const door = await doorOf(cloud);
    const peer = await startPostPut(awsClients(cloud.env(ENTRY)).s3, cloud.buckets.results!);
    await flood(postsOf(door), WARM_UP, 1);
    // What the flood left to write would be timed with what comes next.
    await cloud.idle();
    const writing = await paced(door, 2_500);
    const ours = await flood(postsOf(door), 8_000, 1);
    const theirs = await flood((i) => post(peer.url, one(i)), 3_000, 1);
    const oursMany = await flood(postsOf(door, many500), 200, 500);
    const theirsMany = await flood((i) => post(peer.url, many500(i)), 10, 500);
    peer.stop();
    agent.destroy();
    return [
      { question: 'accept-event alone: single events', result: perSecond(single), target: '5,000 events/s' },
      { question: '… posts of 500', result: `${perSecond(batched)}, ${cheaper} times cheaper an event` },
      {
        question: 'through gateway, authorizer and queue: single events',
        result: perSecond(answered.single),
      },
      {
        question: '… posts of 500',
        result: `${perSecond(answered.many)}, ${(answered.many / answered.single).toFixed(1)} times cheaper an event`,
        target: '10 times',
      },
      { question: '… and written and committed: single events', result: perSecond(ours) },
      {
        question: '… Express, zod and a PutObject an event',
        result: `${perSecond(theirs)}; Wharf ${(ours / theirs).toFixed(1)} times`,
      },
      {
        question: '… posts of 500',
        result: perSecond(oursMany),
      },
      {
        question: '… Express, posts of 500',
        result: `${perSecond(theirsMany)}; Wharf ${(oursMany / theirsMany).toFixed(1)} times`,
      },
      { question: '… median / p99 at 500 requests/s', result: answered.calm, target: '10 ms' },
      { question: '… median / p99 at 2,500 requests/s', result: answered.busy, target: '10 ms' },
      { question: '… the same while events are written and committed', result: writing },
    ];
  });
}

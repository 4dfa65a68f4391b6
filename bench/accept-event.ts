/** What does an event cost at the API's door, alone and in a post of 500, and what in a service as one writes it first? */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import { findDataset } from '../datasets/index.ts';
import { createHandler } from '../lambdas/accept-event/handler.ts';
import { startLocalCloud } from '../local/cloud.ts';
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

/** The median and the 99th percentile of the answers' times when so many requests begin in a second. */
async function paced(url: string, key: string, perSecond: number, seconds: number): Promise<string> {
  const options = [url, key, String(perSecond), String(seconds)];
  const client = fork(join(import.meta.dirname, 'ways/poster.ts'), options);
  const [{ p50, p99 }] = (await once(client, 'message')) as [Answered];
  return `${p50.toFixed(1)} / ${p99.toFixed(1)} ms`;
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
    await using cloud = await startLocalCloud({ state: join(dir, 'state') });
    const env = cloud.env(ENTRY);
    const { s3, dynamodb } = awsClients(env);
    const { text: key } = await new Keys(dynamodb, env.WHARF_LEDGER_TABLE!).make({
      name: 'bench',
      scopes: ['*:write'],
      rate: 1e6,
    });
    const peer = await startPostPut(s3, cloud.buckets.results!);
    const url = `${cloud.api}/v1/recomart/transactions`;
    const send = (i: number) => post(url, one(i), key);
    await flood(send, 4_000, 1);
    // What the flood left to write would be timed with what comes next.
    await cloud.idle();
    const calm = await paced(url, key, 500, 8);
    const busy = await paced(url, key, 2_500, 8);
    const ours = await flood((i) => post(url, one(i), key), 8_000, 1);
    const theirs = await flood((i) => post(peer.url, one(i)), 3_000, 1);
    const oursMany = await flood((i) => post(url, many(i, 500), key), 200, 500);
    const theirsMany = await flood((i) => post(peer.url, many(i, 500)), 10, 500);
    peer.stop();
    agent.destroy();
    return [
      { question: 'accept-event alone: single events', result: perSecond(single), target: '5,000 events/s' },
      { question: '… posts of 500', result: `${perSecond(batched)}, ${cheaper} times cheaper an event` },
      { question: 'through gateway, authorizer and queue: single events', result: perSecond(ours) },
      {
        question: '… Express, zod and a PutObject an event',
        result: `${perSecond(theirs)}; Wharf ${(ours / theirs).toFixed(1)} times`,
      },
      {
        question: '… posts of 500',
        result: `${perSecond(oursMany)}, ${(oursMany / ours).toFixed(1)} times cheaper an event`,
        target: '10 times',
      },
      {
        question: '… Express, posts of 500',
        result: `${perSecond(theirsMany)}; Wharf ${(oursMany / theirsMany).toFixed(1)} times`,
      },
      {
        question: '… median / p99 at 500 requests/s',
        result: calm,
        target: '10 ms',
      },
      { question: '… median / p99 at 2,500 requests/s', result: busy, target: '10 ms' },
    ];
  });
}

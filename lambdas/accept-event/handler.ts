/** The HTTP API: events posted → the queue `events` or `ordered`; files, receipts, deliveries and documents for whoever may ask. */
import { randomUUID } from 'node:crypto';
import { Problem } from '../../core/api/problem.ts';
import { routes } from '../../core/api/routes.ts';
import { datasets, findDataset } from '../../datasets/index.ts';
import { Desk } from '../../platform/api/desk.ts';
import { orderedSender, sender } from '../../platform/api/queue.ts';
import { RateLimiter } from '../../platform/api/rate.ts';
import { committer } from '../../platform/api/undo.ts';
import { presign } from '../../platform/api/upload.ts';
import type { Env } from '../../platform/aws.ts';
import { awsJson } from '../../platform/aws-json.ts';
import { registry, versionsBriefly } from '../../platform/drift/registry.ts';
import { acceptEnv, readEnv } from '../config.ts';
import { httpHandler } from '../http.ts';
import { lazy } from '../lazy.ts';
import { Request } from '../request.ts';
import { type Deps, operations } from './operations.ts';

const byRoute = new Map(
  (Object.keys(operations) as (keyof typeof operations)[]).map((id) => [
    `${routes[id].method} ${routes[id].path}`,
    operations[id],
  ]),
);

/**
 * Builds the handler for an environment; `wharf start` runs the same function in its own process.
 * @param parts what to use instead of the deployed datasets, the queue and the ledger
 */
export function createHandler(env: Env, parts: Partial<Deps> = {}) {
  const config = readEnv(acceptEnv, env);
  const desk = new Desk(awsJson('dynamodb', env), config.WHARF_LEDGER_TABLE);
  const now = () => new Date();
  const sqs = awsJson('sqs', env);
  const { WHARF_LIVE_QUEUE_URL: live } = config;
  const versions = versionsBriefly(desk);
  const deps: Deps = {
    desk,
    versions,
    tellCommitter: committer(sqs, config.WHARF_COMMIT_QUEUE_URL),
    send: sender(sqs, config.WHARF_EVENTS_QUEUE_URL),
    sendInOrder: orderedSender(sqs, config.WHARF_ORDERED_QUEUE_URL),
    tellLive: live === undefined ? undefined : sender(sqs, live),
    now,
    contracts: datasets,
    find: registry(findDataset, versions),
    decide: async (message) => {
      await sqs('SendMessage', {
        QueueUrl: config.WHARF_COMMIT_QUEUE_URL,
        MessageBody: JSON.stringify(message),
        MessageGroupId: message.dataset,
        MessageDeduplicationId: randomUUID(),
      });
    },
    limiter: new RateLimiter(desk),
    rate: config.WHARF_EVENTS_PER_SECOND,
    presign: (asked) => presign(env, config.WHARF_LANDING_BUCKET, asked, now()),
    largestUpload: config.WHARF_MAX_UPLOAD_BYTES,
    ...parts,
  };
  return httpHandler(async (event) => {
    const work = byRoute.get(event.routeKey);
    if (!work) throw new Problem('unknown-route', 'See /docs for what there is');
    return work(new Request(event), deps);
  });
}

export const handler = lazy(() => createHandler(process.env));

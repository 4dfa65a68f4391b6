/** Finds landed objects whose notification was lost: of the domain an invocation names, or of all. */
import * as z from 'zod/mini';
import { awsClients, type Env } from '../../platform/aws.ts';
import { sweep } from '../../platform/jobs/sweep.ts';
import { Watermarks } from '../../platform/jobs/watermarks.ts';
import { Ledger } from '../../platform/ledger.ts';
import { ObjectStore } from '../../platform/objects.ts';
import { readEnv, sweepEnv } from '../config.ts';
import { lazy } from '../lazy.ts';
import type { Parts } from '../parts.ts';
import { worker } from '../worker.ts';

const input = z.strictObject({
  domain: z.optional(z.string().check(z.regex(/^[a-z][a-z0-9_]*$/))),
  /** How old an object must be to be missed. */
  minutes: z._default(z.number().check(z.nonnegative()), 15),
});

/** Builds the handler for an environment. @param parts what to use instead of SDK clients */
export function createHandler(env: Env, { clients = awsClients(env) }: Pick<Parts, 'clients'> = {}) {
  const config = readEnv(sweepEnv, env);
  const { s3, sqs, dynamodb } = clients;
  const deps = {
    objects: new ObjectStore(s3),
    ledger: new Ledger(dynamodb, config.WHARF_LEDGER_TABLE),
    watermarks: new Watermarks(dynamodb, config.WHARF_LEDGER_TABLE),
    sqs,
    landedQueueUrl: config.WHARF_LANDED_QUEUE_URL,
    landingBucket: config.WHARF_LANDING_BUCKET,
    now: () => new Date(),
  };
  return worker(async (event) => {
    const { domain, minutes } = input.parse(event);
    return { ...(await sweep(`landing/${domain ? `${domain}/` : ''}`, deps, minutes * 60_000)) };
  });
}

export const handler = lazy(() => createHandler(process.env));

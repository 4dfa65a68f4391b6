/** Deletes what is past its retention and is neither rows nor a delivery's. */
import * as z from 'zod/mini';
import { awsClients, type Env } from '../../platform/aws.ts';
import { Items } from '../../platform/items.ts';
import { cleanUp } from '../../platform/jobs/clean-up.ts';
import { ObjectStore } from '../../platform/objects.ts';
import { cleanUpEnv, readEnv } from '../config.ts';
import { lazy } from '../lazy.ts';
import type { Parts } from '../parts.ts';
import { worker } from '../worker.ts';

const input = z.strictObject({ days: z.number().check(z.positive()) });

/** Builds the handler for an environment. @param parts what to use instead of SDK clients */
export function createHandler(env: Env, { clients = awsClients(env) }: Pick<Parts, 'clients'> = {}) {
  const config = readEnv(cleanUpEnv, env);
  const deps = {
    items: new Items(clients.dynamodb, config.WHARF_LEDGER_TABLE),
    objects: new ObjectStore(clients.s3),
    lakeBucket: config.WHARF_LAKE_BUCKET,
    tmp: config.WHARF_TMP,
    now: () => new Date(),
  };
  return worker(async (event) => ({ ...(await cleanUp(input.parse(event).days, deps)) }));
}

export const handler = lazy(() => createHandler(process.env));

/** Keeps tables to their retention: drops old snapshots, or deletes what nothing refers to. */
import * as z from 'zod/mini';
import { datasets, domains } from '../../datasets/index.ts';
import { awsClients, type Env } from '../../platform/aws.ts';
import { openCatalog } from '../../platform/catalog/open.ts';
import { deleteOrphans, type ExpireDeps, expire } from '../../platform/jobs/expire.ts';
import { Ledger } from '../../platform/ledger.ts';
import { ObjectStore } from '../../platform/objects.ts';
import { Revisions } from '../../platform/revisions/revisions.ts';
import { expireEnv, readEnv } from '../config.ts';
import { lazy } from '../lazy.ts';
import type { Parts } from '../parts.ts';
import { worker } from '../worker.ts';

const input = z.strictObject({ orphans: z.optional(z.boolean()) });

/** Builds the handler for an environment. @param parts what to use instead of SDK clients */
export function createHandler(env: Env, { clients = awsClients(env) }: Pick<Parts, 'clients'> = {}) {
  const config = readEnv(expireEnv, env);
  const deps: ExpireDeps = {
    catalog: openCatalog(config, clients, domains),
    objects: new ObjectStore(clients.s3),
    ledger: new Ledger(clients.dynamodb, config.WHARF_LEDGER_TABLE),
    revisions: new Revisions(clients.dynamodb, config.WHARF_LEDGER_TABLE),
    lakeBucket: config.WHARF_LAKE_BUCKET,
    retentionDays: config.WHARF_SNAPSHOT_RETENTION_DAYS,
    now: () => new Date(),
  };
  return worker(async (event) => {
    const { orphans } = input.parse(event);
    const done = { datasets: datasets.length, snapshots: 0, busy: 0, orphans: 0 };
    for (const contract of datasets) {
      if (orphans) done.orphans += await deleteOrphans(contract, deps);
      else {
        const { snapshots, busy } = await expire(contract, deps);
        done.snapshots += snapshots;
        done.busy += busy;
      }
    }
    return done;
  });
}

export const handler = lazy(() => createHandler(process.env));

/** Tends the tables of datasets: of the one an invocation names, or of all. Deliveries that it names are set apart instead, to be undone. */
import * as z from 'zod/mini';
import type { Contract } from '../../core/contract/model.ts';
import { WharfError } from '../../core/errors.ts';
import { datasets, domains, findDataset } from '../../datasets/index.ts';
import { awsClients, type Env } from '../../platform/aws.ts';
import { openCatalog } from '../../platform/catalog/open.ts';
import { setApart } from '../../platform/compact/set-apart.ts';
import { type TendDeps, tend } from '../../platform/compact/tend.ts';
import { asApproved } from '../../platform/drift/registry.ts';
import { DriftStore } from '../../platform/drift/store.ts';
import { Engine } from '../../platform/engine/duckdb.ts';
import { Ledger } from '../../platform/ledger.ts';
import { ObjectStore } from '../../platform/objects.ts';
import { compactEnv, readEnv } from '../config.ts';
import { lazy } from '../lazy.ts';
import type { Parts } from '../parts.ts';
import { worker } from '../worker.ts';

/** A dataset is begun only where there is so much time. */
const ENOUGH_MS = 4 * 60_000;

const input = z.union([
  z.strictObject({ dataset: z.string(), deliveries: z.array(z.string()) }),
  z.object({ dataset: z.optional(z.string()) }),
]);

/** Builds the handler for an environment. @param parts what to use instead of the deployed datasets and SDK clients */
export function createHandler(env: Env, { find = findDataset, clients = awsClients(env) }: Parts = {}) {
  const config = readEnv(compactEnv, env);
  const { s3, dynamodb } = clients;
  let opened: Promise<Engine> | undefined;
  const deps: TendDeps = {
    catalog: openCatalog(config, clients, domains),
    objects: new ObjectStore(s3),
    ledger: new Ledger(dynamodb, config.WHARF_LEDGER_TABLE),
    drift: new DriftStore(dynamodb, config.WHARF_LEDGER_TABLE),
    // One thread: of several, each would write a file of its own.
    engine: () =>
      (opened ??= Engine.open({
        dir: config.WHARF_TMP,
        memoryMb: config.WHARF_ENGINE_MEMORY_MB,
        threads: 1,
      })),
    lakeBucket: config.WHARF_LAKE_BUCKET,
    tmp: config.WHARF_TMP,
    now: () => new Date(),
  };
  const known = (dataset: string): Contract => {
    const contract = find(dataset);
    if (contract) return contract;
    throw new WharfError(`No dataset "${dataset}" to compact`, { code: 'dataset.unknown', route: 'usage' });
  };
  return worker(async (event, { getRemainingTimeInMillis }) => {
    const asked = input.parse(event);
    if ('deliveries' in asked) {
      const contract = await asApproved(known(asked.dataset), deps.drift);
      const before = await setApart(contract, asked.deliveries, deps);
      return { datasets: 1, before, after: 0, rows: 0 };
    }
    const { dataset } = asked;
    const named = dataset === undefined ? datasets : [known(dataset)];
    const done = { datasets: 0, before: 0, after: 0, rows: 0, backfilled: 0 };
    for (const contract of named) {
      // What is left is the next one's: a file is rewritten in seconds, and all of a table's may take minutes.
      if (getRemainingTimeInMillis() < ENOUGH_MS) break;
      const { backfilled, compacted } = await tend(contract, deps);
      done.backfilled += backfilled.rows;
      for (const { before, after, rows } of compacted) {
        done.before += before;
        done.after += after;
        done.rows += rows;
      }
      done.datasets++;
    }
    return done;
  });
}

export const handler = lazy(() => createHandler(process.env));

/** Compacts datasets: the one an invocation names, or all. What is scheduled is the stack's business. */
import { z } from 'zod/mini';
import type { Contract } from '../../core/contract/model.ts';
import { WharfError } from '../../core/errors.ts';
import { datasets, domains, findDataset } from '../../datasets/index.ts';
import { awsClients, type Env } from '../../platform/aws.ts';
import { openCatalog } from '../../platform/catalog/open.ts';
import { type CompactDeps, type Compacted, compactDataset } from '../../platform/compact/compact.ts';
import { Engine } from '../../platform/engine/duckdb.ts';
import { Ledger } from '../../platform/ledger.ts';
import { log } from '../../platform/log.ts';
import { ObjectStore } from '../../platform/objects.ts';
import { compactEnv, readEnv } from '../config.ts';
import { lazy } from '../lazy.ts';
import type { Parts } from '../parts.ts';

const input = z.object({ dataset: z.optional(z.string()) });

/** Builds the handler for an environment. @param parts what to use instead of the deployed datasets and SDK clients */
export function createHandler(env: Env, { find = findDataset, clients = awsClients(env) }: Parts = {}) {
  const config = readEnv(compactEnv, env);
  const { s3, dynamodb } = clients;
  let opened: Promise<Engine> | undefined;
  const deps: CompactDeps = {
    catalog: openCatalog(config, clients, domains),
    objects: new ObjectStore(s3),
    ledger: new Ledger(dynamodb, config.WHARF_LEDGER_TABLE),
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
  return async (event: unknown): Promise<{ readonly tables: readonly Compacted[] }> => {
    const { dataset } = input.parse(event ?? {});
    const named = dataset === undefined ? datasets : [known(dataset)];
    const tables: Compacted[] = [];
    for (const contract of named) tables.push(...(await compactDataset(contract, deps)));
    const done = tables.filter(({ before }) => before > 0);
    log.info('compacted', { tables: done });
    return { tables: done };
  };
}

export const handler = lazy(() => createHandler(process.env));

/** What becomes of refused rows and of events that were given up, for whoever may say so: replays, discards, and a look at the quarantine. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Problem } from '../../core/api/problem.ts';
import { type ReplayOperation, routes } from '../../core/api/routes.ts';
import type { Direction } from '../../core/api/scopes.ts';
import type { Contract } from '../../core/contract/model.ts';
import { WharfError } from '../../core/errors.ts';
import { readDiscard, readReplay } from '../../core/replay/ask.ts';
import { readFix } from '../../core/replay/fix.ts';
import { domains, findDataset } from '../../datasets/index.ts';
import { awsClients, type Env } from '../../platform/aws.ts';
import { openCatalog } from '../../platform/catalog/open.ts';
import { nameOf } from '../../platform/dead-letters.ts';
import { asApproved } from '../../platform/drift/registry.ts';
import { DriftStore } from '../../platform/drift/store.ts';
import { Engine } from '../../platform/engine/duckdb.ts';
import { commitAsker } from '../../platform/ingest/ask-commit.ts';
import { Schemas } from '../../platform/ingest/schemas.ts';
import { Ledger } from '../../platform/ledger.ts';
import { ObjectStore } from '../../platform/objects.ts';
import { Lake } from '../../platform/query.ts';
import { type FileDeps, isRefusedWhole, replayFile } from '../../platform/replay/file.ts';
import { type LettersDeps, replayLetters } from '../../platform/replay/letters.ts';
import { askQuarantine, selected, statuses } from '../../platform/replay/pick.ts';
import { discard, replay } from '../../platform/replay/replay.ts';
import { readEnv, replayEnv } from '../config.ts';
import { httpHandler, type Reply } from '../http.ts';
import { lazy } from '../lazy.ts';
import type { Parts } from '../parts.ts';
import { Request } from '../request.ts';
import { deadBefore } from '../workers.ts';

/** Dead letters of one answer, each with up to a thousand events: they fit into its half a minute. */
const LETTERS = 50;

interface Asked {
  readonly request: Request;
  readonly contract: Contract;
  readonly deps: FileDeps & LettersDeps;
}

interface Operation {
  /** What a key must allow. */
  readonly needs: Direction;
  answer(asked: Asked): Promise<Reply['body']>;
}

/** The delivery that is named; of another dataset it is as good as not there. */
async function named({ contract, request, deps }: Asked, delivery: string | undefined) {
  const entry = delivery === undefined ? undefined : await deps.ledger.get(delivery);
  const own = entry?.dataset === contract.name || request.may('*.*', 'replay');
  if (delivery !== undefined && !(entry && own))
    throw new Problem('malformed-request', 'delivery must be the id of a delivery of this dataset');
  return entry;
}

const operations: Readonly<Record<ReplayOperation, Operation>> = {
  replayRows: {
    needs: 'replay',
    async answer(asked) {
      const { request, contract, deps } = asked;
      const { dlq, delivery, reason, dry_run: dryRun, why, ...written } = readReplay(request.text());
      const entry = await named(asked, delivery);
      const fix = readFix(written, contract);
      const common = { contract, fix, by: request.caller.name, why, dryRun };
      if (dlq !== undefined) {
        const letter = dlq === true ? undefined : dlq;
        const mayTake = (dataset: string) => request.may(dataset, 'replay');
        return replayLetters({ ...common, letter, mayTake, most: LETTERS }, deps);
      }
      const wanted = { ...common, selection: { delivery, reason } };
      return entry && isRefusedWhole(entry) ? replayFile(entry, wanted, deps) : replay(wanted, deps);
    },
  },
  discardRows: {
    needs: 'replay',
    async answer(asked) {
      const { request, contract, deps } = asked;
      const { delivery, reason, why, dry_run: dryRun } = readDiscard(request.text());
      await named(asked, delivery);
      const wanted = { contract, selection: { delivery, reason }, by: request.caller.name, why, dryRun };
      const done = await discard(wanted, deps);
      const discarded = done.reduce((sum, { rows }) => sum + rows, 0);
      return { discarded, deliveries: done.flatMap((one) => one.delivery ?? []) };
    },
  },
  listQuarantine: {
    needs: 'read',
    async answer({ request, contract, deps }) {
      const [delivery, reason] = [request.query('delivery'), request.query('reason')];
      const status = statuses.find((one) => one === (request.query('status') ?? 'open'));
      const limit = Number(request.query('limit') ?? 100);
      if (!status) throw new Problem('malformed-request', `status must be one of ${statuses.join(', ')}`);
      if (!Number.isInteger(limit) || limit < 1 || limit > 1000)
        throw new Problem('malformed-request', 'limit must be a whole number from 1 to 1000');
      const columns =
        '_delivery AS delivery, CAST(_row AS DOUBLE) AS row, CAST(line AS DOUBLE) AS line, reasons, status, arrived_at, released_by, released_because';
      const sql = `SELECT ${columns} FROM refused WHERE ${selected({ delivery, reason }, status)} ORDER BY arrived_at, _delivery, coalesce(_row, line) LIMIT ${limit}`;
      return { rows: (await askQuarantine(deps.lake, contract, sql))?.rows ?? [] };
    },
  },
};

const byRoute = new Map(
  (Object.keys(operations) as ReplayOperation[]).map((id) => [
    `${routes[id].method} ${routes[id].path}`,
    operations[id],
  ]),
);

/** A dataset that the caller may do this with. What it may not even read is as good as not there. */
function allowed(request: Request, needs: Direction, contract: Contract | undefined): Contract {
  if (contract && request.may(contract.name, needs)) return contract;
  if (contract && request.may(contract.name, 'read'))
    throw new Problem('forbidden', `The key has no scope ${contract.name}:${needs}`);
  throw new Problem(
    'unknown-dataset',
    'There is none of this name, or none that the key may see; see /v1/datasets',
  );
}

/** What somebody asked for and cannot be is an answer. */
function toProblem(error: unknown): unknown {
  if (!(error instanceof WharfError) || error instanceof Problem) return error;
  const { code, message, fix, route } = error;
  if (code === 'events.busy') return new Problem('events-busy', `${message}. ${fix}`, { code });
  return route === 'usage' ? new Problem('malformed-request', message, { code }) : error;
}

/**
 * Builds the handler for an environment; `wharf start` runs the same function in its own process.
 * @param parts what to use instead of the deployed datasets and SDK clients
 */
export function createHandler(env: Env, { find = findDataset, clients = awsClients(env) }: Parts = {}) {
  const config = readEnv(replayEnv, env);
  const { WHARF_TMP: tmp, WHARF_ENGINE_MEMORY_MB: memoryMb, WHARF_LIMITS: limits } = config;
  const objects = new ObjectStore(clients.s3);
  const ledger = new Ledger(clients.dynamodb, config.WHARF_LEDGER_TABLE);
  const drift = new DriftStore(clients.dynamodb, config.WHARF_LEDGER_TABLE);
  const catalog = openCatalog(config, clients, domains);
  const { sqs } = clients;
  const writing = {
    sqs,
    queues: [config.WHARF_DEAD_EVENTS_QUEUE_URL, config.WHARF_DEAD_ORDERED_QUEUE_URL].map((url) => ({
      name: nameOf(url),
      url,
    })),
    askCommit: commitAsker(sqs, config.WHARF_COMMIT_QUEUE_URL),
    now: () => new Date(),
    deadBefore: deadBefore(config),
  };
  return httpHandler(async (event) => {
    const operation = byRoute.get(event.routeKey);
    if (!operation) throw new Problem('unknown-route', 'See /docs for what there is');
    const request = new Request(event);
    const name = `${request.param('domain')}.${request.param('dataset')}`;
    const contract = await asApproved(allowed(request, operation.needs, find(name)), drift);
    await mkdir(tmp, { recursive: true });
    // Of its own: what one request fetched would fill the disk for the next.
    const dir = await mkdtemp(join(tmp, 'asked-'));
    try {
      using engine = await Engine.open({ dir, memoryMb });
      const lake = new Lake({ catalog, objects, engine, cacheDir: join(dir, 'cache') });
      const lakeBucket = config.WHARF_LAKE_BUCKET;
      const schemas = new Schemas(catalog, objects);
      const deps = { ...writing, schemas, lake, ledger, objects, lakeBucket, limits, tmp: dir, memoryMb };
      return { status: 200, body: await operation.answer({ request, contract, deps }) };
    } catch (error) {
      throw toProblem(error);
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  });
}

export const handler = lazy(() => createHandler(process.env));

/** The environment of the functions: read once, checked whole, handed on as plain values. */
import * as z from 'zod/mini';
import { WharfError } from '../core/errors.ts';
import { parseJson } from '../core/json.ts';
import type { Issuer } from '../platform/api/token.ts';
import type { Env } from '../platform/aws.ts';
import { defaultLimits, limits } from '../platform/limits.ts';

const name = z.string().check(z.minLength(1));

const positive = z.coerce.number().check(z.positive());

const common = {
  WHARF_LAKE_BUCKET: name,
  WHARF_LEDGER_TABLE: name,
  /** Which catalog the tables stand in: platform/catalog has the adapters. */
  WHARF_CATALOG: z.enum(['glue', 'dynamodb']),
  /** What a database's name has after its domain's, so that stages share an account. */
  WHARF_DATABASE_SUFFIX: z._default(z.string(), ''),
  /** Folder for files in the making; Lambda's own where nothing is said. */
  WHARF_TMP: z._default(name, '/tmp/wharf'),
};

/** Of functions that close deliveries. */
const telling = {
  /** Where OpenLineage events go. @default nowhere */
  WHARF_LINEAGE_URL: z.optional(z.url()),
};

/** When the first of the workers there are now began; set where they all live in one process. */
const workersSince = z._default(z.iso.datetime(), new Date(0).toISOString());

/** Of functions that read a queue. */
const queued = {
  /** Tries before a message goes to its dead-letter queue. */
  WHARF_MAX_RECEIVES: z._default(positive, 5),
};

/** Of functions that write posted events. */
const writing = {
  WHARF_COMMIT_QUEUE_URL: name,
  /** How long one of them may run, in seconds: a worker that began earlier is dead. */
  WHARF_TIMEOUT: positive,
  WHARF_WORKERS_SINCE: workersSince,
};

/** JSON text of what a schema says. */
const json = <T extends z.ZodMiniType>(schema: T) =>
  z.pipe(
    z.transform((text: unknown, { issues, value }): unknown => {
      const read = parseJson(String(text));
      if (read !== undefined) return read;
      issues.push({ code: 'custom', input: value });
      return z.NEVER;
    }),
    schema,
  );

/** JSON text of all limits: a misspelt or missing one is refused, for a default in its place would go unnoticed. */
const limitsText = json(z.strictObject(limits.shape));

export const ingestEnv = z.object({
  ...common,
  ...queued,
  ...telling,
  WHARF_COMMIT_QUEUE_URL: name,
  /** What takes files that are too large for a function; empty on one machine, where DuckDB takes all. */
  WHARF_STATE_MACHINE_ARN: z._default(z.string(), ''),
  /** Above so many bytes a file goes there, and up to so many it may. */
  WHARF_DISTRIBUTED_OVER: z._default(positive, Number.MAX_SAFE_INTEGER),
  WHARF_DISTRIBUTED_UP_TO: z._default(positive, Number.MAX_SAFE_INTEGER),
  WHARF_LIMITS: z._default(limitsText, defaultLimits),
  /** DuckDB's share of the function's memory, in MB. */
  WHARF_ENGINE_MEMORY_MB: z._default(positive, 400),
});

export const distributeEnv = z.object({
  ...common,
  ...telling,
  WHARF_COMMIT_QUEUE_URL: name,
  WHARF_LIMITS: z._default(limitsText, defaultLimits),
  /** The Glue database with the tables of runs under way. */
  WHARF_STAGING_DATABASE: name,
});

export const eventsEnv = z.object({
  ...common,
  ...queued,
  ...writing,
});

export const replayEnv = z.object({
  ...common,
  ...writing,
  /** Where posted events are that were given up. */
  WHARF_DEAD_EVENTS_QUEUE_URL: name,
  WHARF_DEAD_ORDERED_QUEUE_URL: name,
  WHARF_LIMITS: z._default(limitsText, defaultLimits),
  /** DuckDB's share of the function's memory, in MB. */
  WHARF_ENGINE_MEMORY_MB: z._default(positive, 400),
});

export const quarantineAgeEnv = z.object({
  WHARF_LEDGER_TABLE: name,
  WHARF_STAGE: name,
});

export const compactEnv = z.object({
  ...common,
  /** DuckDB's share of the function's memory, in MB. */
  WHARF_ENGINE_MEMORY_MB: z._default(positive, 1000),
});

export const expireEnv = z.object({
  ...common,
  WHARF_SNAPSHOT_RETENTION_DAYS: z._default(positive, 7),
});

export const sweepEnv = z.object({
  WHARF_LEDGER_TABLE: name,
  WHARF_LANDING_BUCKET: name,
  WHARF_LANDED_QUEUE_URL: name,
});

export const cleanUpEnv = z.object({
  WHARF_LEDGER_TABLE: name,
  WHARF_LAKE_BUCKET: name,
  WHARF_TMP: common.WHARF_TMP,
});

export const runJobEnv = z.object({
  ...queued,
  WHARF_LEDGER_TABLE: name,
  WHARF_JOBS_QUEUE_URL: name,
  WHARF_DEAD_JOBS_QUEUE_URL: name,
  /** Work → the function that does it. */
  WHARF_WORK: json(z.record(z.string(), name)),
  WHARF_WORKERS_SINCE: workersSince,
});

export const commitEnv = z.object({
  ...common,
  ...queued,
  ...telling,
  /** Where objects are told of; for deliveries that waited for a decision. */
  WHARF_LANDED_QUEUE_URL: z._default(z.string(), ''),
  WHARF_SNAPSHOT_RETENTION_DAYS: z._default(positive, 7),
});

export const acceptEnv = z.object({
  WHARF_LEDGER_TABLE: name,
  WHARF_EVENTS_QUEUE_URL: name,
  /** Where events go of datasets whose contract says `ordered`. */
  WHARF_ORDERED_QUEUE_URL: name,
  /** What changes tables is told here: undoing a delivery, decisions about changes of files. */
  WHARF_COMMIT_QUEUE_URL: name,
  WHARF_LANDING_BUCKET: name,
  /** Of a file that is uploaded by an address of the API. */
  WHARF_MAX_UPLOAD_BYTES: z._default(positive, defaultLimits.objectBytes),
  /** Events that a caller may post in a second, where nothing else is said of its key. */
  WHARF_EVENTS_PER_SECOND: z._default(positive, 1_000),
  /** Where events of live datasets go, too; nothing is broadcast where it is not set. */
  WHARF_LIVE_QUEUE_URL: z.optional(name),
});

export const authorizeEnv = z.object({
  WHARF_LEDGER_TABLE: name,
  /** An issuer of tokens that are taken in the place of keys; none where the three are not set. */
  WHARF_JWT_ISSUER: z.optional(name),
  WHARF_JWT_AUDIENCE: z.optional(name),
  /** Address of its public keys (JWKS). */
  WHARF_JWT_KEYS: z.optional(name),
});

/** The issuer of an environment, where all of it is set. */
export function issuerIn({
  WHARF_JWT_ISSUER: issuer,
  WHARF_JWT_AUDIENCE: audience,
  WHARF_JWT_KEYS: keys,
}: z.infer<typeof authorizeEnv>): Issuer | undefined {
  return issuer && audience && keys ? { issuer, audience, keys: new URL(keys) } : undefined;
}

const live = {
  WHARF_LIVE_TABLE: name,
  /** The queue that holds each message back for a second. */
  WHARF_TICKS_QUEUE_URL: name,
  /** Where clients of the WebSocket API are sent what they listen to. */
  WHARF_LIVE_ENDPOINT: z.url(),
};

export const liveEnv = z.object(live);

export const broadcastEnv = z.object({ ...live, ...queued, WHARF_LEDGER_TABLE: name });

/** What is wrong with one variable: what it is and what it should be. */
function told(issue: z.core.$ZodIssue, env: Env): string {
  const name = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') return `${name} has no part called ${issue.keys.join(', ')}`;
  const given = issue.path.length === 1 ? env[name] : issue.input;
  if (given === undefined) return `${name} is missing`;
  const expected =
    issue.code === 'too_small'
      ? 'large enough'
      : issue.code === 'invalid_type'
        ? issue.expected
        : issue.code === 'invalid_value'
          ? issue.values.join(' or ')
          : 'JSON';
  return `${name} is ${JSON.stringify(given)}, not ${expected}`;
}

/**
 * Reads an environment by its schema.
 * @throws WharfError `config.invalid` naming every variable that is missing or wrong
 */
export function readEnv<T extends z.ZodMiniType>(schema: T, env: Env): z.infer<T> {
  const parsed = z.safeParse(schema, env, { reportInput: true });
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => told(issue, env));
  throw new WharfError(`The environment is not as it should be: ${problems.join('; ')}`, {
    code: 'config.invalid',
    route: 'usage',
    fix: 'The stack sets these variables: deploy it again, or run through `wharf start`',
  });
}

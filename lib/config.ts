/** The one place of configuration: what it may be, what it is by default, how to change it. */
import type { Node } from 'constructs';
import * as z from 'zod';
import { WharfError } from '../core/errors.ts';

const MB = 1024 ** 2;
const days = z.int().positive();
const memory = z.int().min(128).max(10_240);
const timeout = z.int().min(1).max(900);

const settings = z.strictObject({
  /** Part of the stack's name. `prod` keeps its data when the stack goes. */
  stage: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,15}$/)
    .default('dev'),
  account: z
    .string()
    .regex(/^\d{12}$/)
    .optional(),
  region: z.string().optional(),
  /** `x86_64` for emulators on such machines. */
  architecture: z.enum(['arm64', 'x86_64']).default('arm64'),
  /** Days that things are kept. */
  retention: z
    .strictObject({
      /** Landed files. */
      landing: days.default(365),
      /** Former versions of objects in all buckets. */
      noncurrent: days.default(30),
      /** Results of Athena queries. */
      queryResults: days.default(14),
      logs: z.union([z.literal(7), z.literal(30), z.literal(90), z.literal(365)]).default(90),
      /** Who asked the buckets for what. */
      accessLogs: days.default(90),
      /** Snapshots of tables: how far back time travel reaches, past the newest hundred in 168 equal steps. */
      snapshots: days.default(7),
    })
    .prefault({}),
  ingestFile: z
    .strictObject({
      /** MB. DuckDB gets a quarter of it, files and Node the rest. */
      memory: memory.default(2048),
      /** Seconds. */
      timeout: timeout.default(300),
      /** MB of /tmp, for the file and what is made of it. */
      storage: z.int().min(512).max(10_240).default(10_240),
      /** Files of one invocation. */
      batch: z.int().min(1).max(10).default(5),
      concurrency: z.int().min(2).max(1000).default(20),
    })
    .prefault({}),
  writeEvents: z
    .strictObject({
      memory: memory.default(1024),
      timeout: timeout.default(60),
      /** Messages of one micro-batch, which gathers for so many seconds. AWS ends it at 6 MB, too. */
      batch: z.int().min(1).max(10_000).default(10_000),
      window: z.int().min(1).max(300).default(30),
      concurrency: z.int().min(2).max(1000).default(5),
    })
    .prefault({}),
  commit: z
    .strictObject({
      memory: memory.default(1024),
      timeout: timeout.default(120),
      batch: z.int().min(1).max(10).default(10),
    })
    .prefault({}),
  /** The function that rewrites small files as large ones. */
  compact: z
    .strictObject({
      /** MB. DuckDB gets half of it. */
      memory: memory.default(2048),
      /** MB of /tmp, for the files of one group before and after. */
      storage: z.int().min(512).max(10_240).default(2048),
    })
    .prefault({}),
  /** What one delivery may cost. */
  limits: z
    .strictObject({
      objectBytes: z
        .int()
        .positive()
        .default(2048 * MB),
      decompressedBytes: z
        .int()
        .positive()
        .default(6144 * MB),
      compressionRatio: z.int().positive().default(500),
      rowBytes: z
        .int()
        .positive()
        .default(4 * MB),
      columns: z.int().positive().default(2000),
      nesting: z.int().positive().default(100),
    })
    .prefault({}),
  /** Files that no function can hold go to Athena, by their size and nothing else. */
  distributed: z
    .strictObject({
      /**
       * Bytes of the landed object above which one goes there. What lies between this and `limits.objectBytes` could be
       * done in the function; the default leaves nothing there.
       */
      over: z
        .int()
        .positive()
        .default(2048 * MB),
      /** Bytes of the largest object that is taken at all. Athena stops a statement after half an hour. */
      upTo: z
        .int()
        .positive()
        .default(100 * 1024 * MB),
    })
    .prefault({}),
  /** The HTTP API. */
  api: z
    .strictObject({
      /** MB, of the function that answers and of the one that says who may. */
      memory: memory.default(1024),
      /** Events that a key may post in a second, where the key itself says nothing. */
      eventsPerSecond: z.int().positive().default(1_000),
      /** Requests of all callers together, before any function runs. */
      throttle: z
        .strictObject({
          rateLimit: z.int().positive().default(1_000),
          burstLimit: z.int().positive().default(2_000),
        })
        .prefault({}),
      /** Seconds that the authorizer's word counts: as long a revoked key goes on. */
      authorizerTtl: z.int().min(0).max(3_600).default(60),
      /** Sites whose pages may call the API. @default none */
      corsOrigins: z.array(z.url()).default([]),
      /** An issuer whose tokens are taken in the place of keys. `keys` is the address of its JWKS. */
      jwt: z
        .strictObject({ issuer: z.url(), audience: z.string().min(1), keys: z.url({ protocol: /^https$/ }) })
        .optional(),
    })
    .prefault({}),
  /** The WebSocket API of live datasets. */
  live: z
    .strictObject({
      /** MB, of the functions that clients and subscribers wait for. */
      memory: memory.default(1024),
      /** Seconds that sending one lot of events may take. */
      timeout: timeout.default(30),
      /** Messages of all clients together, before any function runs. */
      throttle: z
        .strictObject({
          rateLimit: z.int().positive().default(500),
          burstLimit: z.int().positive().default(1_000),
        })
        .prefault({}),
    })
    .prefault({}),
  /** Days that a refused row may wait for somebody to replay or discard it, before there is an alarm. */
  refusedRowsWait: days.default(7),
  /** An endpoint that takes OpenLineage run events, e.g. Marquez's `/api/v1/lineage`. */
  lineage: z.strictObject({ url: z.url({ protocol: /^https$/ }).optional() }).prefault({}),
  /** Tries before a message goes to its dead-letter queue. */
  maxReceives: z.int().min(1).max(20).default(5),
  /** Bytes one Athena query may scan. */
  athenaScanLimit: z
    .int()
    .min(10 * MB)
    .default(100 * 1024 * MB),
  /** Whether a KMS key of the account's own encrypts all that holds data. @default AWS's keys, which are free */
  customerKey: z.boolean().default(false),
  /** Who hears of alarms. @default nobody: they stand in CloudWatch */
  alarmEmail: z.email().optional(),
});

/** What must fit together: a file is decompressed into the function's /tmp. */
const schema = settings.check(({ value: { limits, ingestFile, distributed }, issues }) => {
  const disk = ingestFile.storage * MB;
  if (limits.decompressedBytes >= disk)
    issues.push({
      code: 'custom',
      input: limits.decompressedBytes,
      path: ['limits', 'decompressedBytes'],
      message: `must be less than the ${disk} bytes of ingestFile.storage, where the file is unpacked`,
    });
  if (distributed.over > limits.objectBytes)
    issues.push({
      code: 'custom',
      input: distributed.over,
      path: ['distributed', 'over'],
      message: `must be at most the ${limits.objectBytes} bytes of limits.objectBytes: nobody would take what lies between`,
    });
});

export type WharfConfig = z.infer<typeof schema>;

/** Top-level values that `-c key=value` may set, beside the `wharf` object of cdk.json. */
const flat = ['stage', 'account', 'region', 'architecture', 'alarmEmail'] as const;

/**
 * The configuration from the CDK context: the object `wharf`, and `-c stage=prod` and its like on top.
 * @throws WharfError `config.invalid` naming every problem at once
 * @example readConfig(new App({ context: { stage: 'prod' } }).node).retention.landing // 365
 */
export function readConfig(node: Node): WharfConfig {
  const given = { ...(node.tryGetContext('wharf') as object | undefined) } as Record<string, unknown>;
  for (const key of flat) {
    const value: unknown = node.tryGetContext(key);
    if (value !== undefined) given[key] = value;
  }
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'wharf'}: ${message}`);
  throw new WharfError(`The configuration has ${problems.length} problem(s): ${problems.join('; ')}`, {
    code: 'config.invalid',
    route: 'usage',
    fix: 'Set it in the context object "wharf" of cdk.json or with -c; lib/config.ts has what is allowed',
  });
}

/** The environment of the functions: read once, checked whole, handed on as plain values. */
import { z } from 'zod/mini';
import { WharfError } from '../core/errors.ts';
import type { Env } from '../platform/aws.ts';
import { defaultLimits, type Limits, limits } from '../platform/limits.ts';

const name = z.string().check(z.minLength(1));

const common = {
  WHARF_LAKE_BUCKET: name,
  WHARF_LEDGER_TABLE: name,
  /** Folder for files in the making; Lambda's own where nothing is said. */
  WHARF_TMP: z._default(name, '/tmp/wharf'),
};

const json = z.pipe(
  z.transform((text: unknown) => JSON.parse(String(text))),
  limits,
);

export const ingestEnv = z.object({
  ...common,
  WHARF_COMMIT_QUEUE_URL: name,
  WHARF_MAX_RECEIVES: z._default(z.coerce.number(), 5),
  WHARF_LIMITS: z._default(z.catch(json, defaultLimits as Limits), defaultLimits),
  /** DuckDB's share of the function's memory, in MB. */
  WHARF_ENGINE_MEMORY_MB: z._default(z.coerce.number(), 400),
});

export const commitEnv = z.object({
  ...common,
  WHARF_SNAPSHOT_RETENTION_DAYS: z._default(z.coerce.number().check(z.positive()), 7),
});

/**
 * Reads an environment by its schema.
 * @throws WharfError `config.invalid` naming every variable that is missing or wrong
 */
export function readEnv<T extends z.ZodMiniType>(schema: T, env: Env): z.infer<T> {
  const parsed = z.safeParse(schema, env);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new WharfError(`The environment is not complete: ${problems.join('; ')}`, {
    code: 'config.invalid',
    route: 'usage',
    fix: 'The stack sets these variables: deploy it again, or run through `wharf start`',
  });
}

/** A replay or a discard as the API is asked for it. */
import * as z from 'zod/mini';
import { Problem } from '../api/problem.ts';
import type { Selection } from './model.ts';

const text = z.string().check(z.minLength(1), z.maxLength(10_000));
const texts = z._default(z.array(text).check(z.maxLength(100)), []);
const choice = {
  delivery: z.optional(text),
  reason: z.optional(text),
  dry_run: z._default(z.boolean(), false),
};

const replaying = z.strictObject({
  ...choice,
  ...{ map: texts, set: texts, sql: texts, why: z.optional(text) },
  /** Messages that were given up, in the place of refused rows: those for the dataset, or one by its id. */
  dlq: z.optional(z.union([z.literal(true), text])),
});
const discarding = z.strictObject({
  ...choice,
  all: z._default(z.boolean(), false),
  why: z.string().check(z.trim(), z.minLength(1), z.maxLength(1_000)),
});

function read<T extends z.ZodMiniType>(schema: T, json: string): z.infer<T> {
  let asked: unknown;
  try {
    asked = JSON.parse(json);
  } catch {
    throw new Problem('malformed-json', 'The body is no JSON text');
  }
  const parsed = schema.safeParse(asked);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, code, ...issue }) => {
    const unknown = 'keys' in issue ? ` ${(issue.keys as string[]).join(', ')}` : '';
    return `${path.join('.') || 'the body'}: ${code.replaceAll('_', ' ')}${unknown}`;
  });
  throw new Problem('malformed-request', `The body is not as it should be: ${problems.join('; ')}`);
}

/** @throws Problem `malformed-json`, `malformed-request` */
export function readReplay(json: string) {
  const asked = read(replaying, json);
  if (asked.dlq !== undefined && (asked.delivery !== undefined || asked.reason !== undefined))
    throw new Problem('malformed-request', 'dlq takes messages: they have no delivery and no reason');
  return asked;
}

/** @throws Problem `malformed-json`, `malformed-request` */
export function readDiscard(json: string): Selection & { readonly why: string; readonly dry_run: boolean } {
  const { all, ...asked } = read(discarding, json);
  if (all === (asked.delivery !== undefined || asked.reason !== undefined))
    throw new Problem('malformed-request', 'Choose rows by delivery or reason, or say "all": true');
  return asked;
}

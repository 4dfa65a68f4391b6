/** The body of a request to undo a delivery: none, or an object with a reason. */
import * as z from 'zod/mini';
import { Problem } from './problem.ts';

const body = z.strictObject({ reason: z.optional(z.string().check(z.maxLength(500))) });

/** @throws Problem `malformed-json`, `malformed-request` */
export function readReason(text: string): string | undefined {
  if (text.trim() === '') return undefined;
  const parsed = body.safeParse(parseJson(text));
  if (parsed.success) return parsed.data.reason;
  throw new Problem('malformed-request', 'The body may be { "reason": "…" }, of up to 500 characters');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Problem('malformed-json', 'The body is not JSON');
  }
}

/** What somebody says about an approval over the API, on its way to whoever does it. */
import * as z from 'zod/mini';
import { Problem } from '../api/problem.ts';

const said = z.strictObject({
  decision: z.enum(['approve', 'reject', 'undo']),
  why: z.string().check(z.minLength(1), z.maxLength(500)),
  land: z._default(z.boolean(), false),
});

/** The message to the committer, whose queue keeps what is done to one dataset in order. */
export const decisionMessage = z.extend(said, { dataset: z.string(), approval: z.string(), by: z.string() });

export type DecisionMessage = z.infer<typeof decisionMessage>;

/** Reads the body of a decision. @throws Problem `malformed-json`, `malformed-request` */
export function readDecision(text: string): z.infer<typeof said> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new Problem('malformed-json', 'The body must be JSON');
  }
  const parsed = said.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new Problem(
    'malformed-request',
    'The body must be {"decision": "approve" | "reject" | "undo", "why": "…"}; of a rejection also "land": true | false',
  );
}

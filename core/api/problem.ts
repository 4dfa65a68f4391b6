/** What the API says when it refuses: RFC 9457 problem documents, each kind with one status. */
import { WharfError } from '../errors.ts';

/** Kind → status and title. The kind is the last part of the problem's `type`, and stays what it is. */
export const problems = {
  'malformed-request': [400, 'The request is not as it should be'],
  'malformed-json': [400, 'The body is not JSON'],
  'malformed-encoding': [400, 'The bytes of the body are not what its headers say'],
  'nesting-too-deep': [400, 'The body is nested too deep'],
  'no-events': [400, 'The body holds no event'],
  'unknown-action': [400, 'There is no such action'],
  'unknown-key': [401, 'The request names no caller'],
  forbidden: [403, 'The key does not allow this'],
  'unknown-dataset': [404, 'There is no such dataset'],
  'unknown-approval': [404, 'There is no such approval'],
  'not-live': [404, 'The dataset is not broadcast'],
  'unknown-receipt': [404, 'There is no such receipt'],
  'unknown-delivery': [404, 'There is no such delivery'],
  'unknown-route': [404, 'There is nothing here'],
  'not-undoable': [409, 'The delivery cannot be undone'],
  'approval-decided': [409, 'Something else was decided before'],
  'events-busy': [409, 'Another worker has the events'],
  'too-large': [413, 'The body is too large'],
  'too-many-events': [413, 'The body holds too many events'],
  'unsupported-type': [415, 'The body is of a type that is not taken'],
  'events-refused': [422, 'No event was accepted'],
  'key-reused': [422, 'The idempotency key belongs to another request'],
  'rate-limited': [429, 'Too many events for now'],
  'too-many-messages': [429, 'Too many messages for now'],
  internal: [500, 'Something broke on this side'],
} as const satisfies Record<string, readonly [status: number, title: string]>;

export type ProblemKind = keyof typeof problems;

export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  /** What broke here, what was received, what is allowed; never a value of an event. */
  readonly detail: string;
  readonly [extension: string]: unknown;
}

/** A refusal on its way out of a handler. */
export class Problem extends WharfError {
  override readonly name = 'Problem';
  readonly document: ProblemDocument;
  readonly headers: Readonly<Record<string, string>>;

  /** @param more members of the document beside the standard ones, and headers of the answer */
  constructor(
    kind: ProblemKind,
    detail: string,
    {
      headers = {},
      ...extensions
    }: { headers?: Readonly<Record<string, string>>; [extension: string]: unknown } = {},
  ) {
    super(detail, { code: `api.${kind}`, route: 'usage' });
    const [status, title] = problems[kind];
    this.document = { type: `urn:wharf:problem:${kind}`, title, status, detail, ...extensions };
    this.headers = headers;
  }
}

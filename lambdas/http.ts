/** The wrapper of functions behind the HTTP API: one place for refusals, failures and headers. */
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { Problem, type ProblemDocument } from '../core/api/problem.ts';
import { log } from '../platform/log.ts';
import { tell } from '../platform/tell.ts';

export interface Reply {
  readonly status: number;
  /** Text goes out as it is; anything else as JSON. */
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

const JSON_TYPE = 'application/json';
const PROBLEM_TYPE = 'application/problem+json';

function toResult({ status, body, headers }: Reply): APIGatewayProxyStructuredResultV2 {
  return {
    statusCode: status,
    headers: {
      'content-type': status >= 400 ? PROBLEM_TYPE : JSON_TYPE,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...headers,
    },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  };
}

function toReply(error: unknown, request: string): Reply {
  const problem =
    error instanceof Problem
      ? error
      : new Problem('internal', 'The request can be repeated as it is', { request });
  const document: ProblemDocument = problem.document;
  return { status: document.status, body: document, headers: problem.headers };
}

/** Wraps the work on a request. A `Problem` is an answer; any other error is logged, and told by the request's id only. */
export const httpHandler =
  (work: (event: APIGatewayProxyEventV2) => Promise<Reply>) =>
  async (event: APIGatewayProxyEventV2, context: Context): Promise<APIGatewayProxyStructuredResultV2> => {
    try {
      return toResult(await work(event));
    } catch (error) {
      if (!(error instanceof Problem))
        log.error('request failed', {
          route: event.routeKey,
          request: context.awsRequestId,
          error: tell(error),
        });
      return toResult(toReply(error, context.awsRequestId));
    }
  };

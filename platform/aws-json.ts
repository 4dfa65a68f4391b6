/**
 * AWS's JSON protocol without the SDK, for functions that must start in milliseconds: its clients of two services
 * alone are several times the size of all the rest of such a function.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { AwsClient } from 'aws4fetch';
import type { Env } from './aws.ts';

/** Sends one operation. @throws AwsFailure */
export type AwsCall = (operation: string, input: object) => Promise<Readonly<Record<string, unknown>>>;

const targets = { sqs: 'AmazonSQS', dynamodb: 'DynamoDB_20120810' } as const;

/** What a service answered instead of a result; `$metadata` as the SDK's errors have it. */
export class AwsFailure extends Error {
  readonly $metadata: { readonly httpStatusCode: number };

  constructor(name: string, status: number, message = '') {
    super(message || name);
    this.name = name;
    this.$metadata = { httpStatusCode: status };
  }

  get passes(): boolean {
    return this.$metadata.httpStatusCode >= 500 || /Throttl|ThroughputExceeded|LimitExceeded/.test(this.name);
  }
}

const TRIES = 4;
const FIRST_WAIT_MS = 25;
/** Of one try: a connection that hangs is given up while the caller still waits. */
const TRY_MS = 2_500;

/** Signs with the credentials of an environment; a function's own do not change while it lives. */
export function awsClient(env: Env): AwsClient {
  const { AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '', AWS_SESSION_TOKEN, AWS_REGION } = env;
  return new AwsClient({
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    sessionToken: AWS_SESSION_TOKEN,
    region: AWS_REGION,
    retries: 0,
  });
}

/** @example await awsJson('dynamodb', process.env)('GetItem', { TableName, Key }) */
export function awsJson(service: keyof typeof targets, env: Env, client = awsClient(env)): AwsCall {
  const url =
    env[`AWS_ENDPOINT_URL_${service.toUpperCase()}`] ??
    env.AWS_ENDPOINT_URL ??
    `https://${service}.${env.AWS_REGION}.amazonaws.com`;
  const send = async (operation: string, body: string) => {
    const response = await client.fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': `${targets[service]}.${operation}`,
      },
      body,
      signal: AbortSignal.timeout(TRY_MS),
      // Named, because a host of one machine does not tell them.
      aws: { service, region: env.AWS_REGION },
    });
    const answer = (await response.json().catch(() => ({}))) as Record<string, unknown>;
    if (response.ok) return answer;
    const name = String(answer.__type ?? 'UnknownError')
      .split('#')
      .at(-1)!;
    throw new AwsFailure(name, response.status, String(answer.message ?? answer.Message ?? ''));
  };
  return async (operation, input) => {
    const body = JSON.stringify(input);
    for (let tries = 1; ; tries++) {
      try {
        return await send(operation, body);
      } catch (error) {
        if (tries === TRIES || (error instanceof AwsFailure && !error.passes)) throw error;
        await sleep(FIRST_WAIT_MS * 2 ** tries * Math.random());
      }
    }
  };
}

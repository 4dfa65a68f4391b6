/**
 * AWS's JSON protocol without the SDK, for functions that must start in milliseconds: its clients of two services
 * alone are several times the size of all the rest of such a function.
 */
import * as http from 'node:http';
import * as https from 'node:https';
import { json } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import aws4 from 'aws4';
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

/** The credentials of an environment; a function's own do not change while it lives. */
export const credentialsOf = ({
  AWS_ACCESS_KEY_ID: accessKeyId = '',
  AWS_SECRET_ACCESS_KEY: secretAccessKey = '',
  AWS_SESSION_TOKEN: sessionToken,
}: Env): aws4.Credentials => ({ accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) });

/** Connections stay open for the next request. */
const agents = {
  'http:': new http.Agent({ keepAlive: true }),
  'https:': new https.Agent({ keepAlive: true }),
} as const;

type Answer = Readonly<Record<string, unknown>>;

function post(
  url: URL,
  { headers, body }: ReturnType<typeof aws4.sign>,
): Promise<{ status: number; answer: Answer }> {
  const { request } = url.protocol === 'http:' ? http : https;
  const options = {
    method: 'POST',
    headers,
    agent: agents[url.protocol as keyof typeof agents],
    signal: AbortSignal.timeout(TRY_MS),
  };
  return new Promise((done, fail) => {
    const sent = request(url, options, (response) => {
      const status = response.statusCode!;
      json(response).then(
        (answer) => done({ status, answer: answer as Answer }),
        (error) => (status < 400 ? fail(error) : done({ status, answer: {} })),
      );
    });
    sent.once('error', fail).end(body);
  });
}

/** @example await awsJson('dynamodb', process.env)('GetItem', { TableName, Key }) */
export function awsJson(service: keyof typeof targets, env: Env): AwsCall {
  const url = new URL(
    env[`AWS_ENDPOINT_URL_${service.toUpperCase()}`] ??
      env.AWS_ENDPOINT_URL ??
      `https://${service}.${env.AWS_REGION}.amazonaws.com`,
  );
  const credentials = credentialsOf(env);
  const send = async (operation: string, body: string) => {
    const headers = {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `${targets[service]}.${operation}`,
    };
    const asked = { service, region: env.AWS_REGION, host: url.host, path: url.pathname, headers, body };
    const { status, answer } = await post(url, aws4.sign({ ...asked, method: 'POST' }, credentials));
    if (status < 400) return answer;
    const name = String(answer.__type ?? 'UnknownError')
      .split('#')
      .at(-1)!;
    throw new AwsFailure(name, status, String(answer.message ?? answer.Message ?? ''));
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

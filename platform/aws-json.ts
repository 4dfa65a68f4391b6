/**
 * AWS's JSON protocol without the SDK, for functions that must start in milliseconds: its clients of two services
 * alone are several times the size of all the rest of such a function.
 */
import { parseJson } from '../core/json.ts';
import type { Env } from './aws.ts';
import { AwsFailure, patiently, signedRequest } from './signed-request.ts';

/** Sends one operation. @throws AwsFailure */
export type AwsCall = (operation: string, input: object) => Promise<Readonly<Record<string, unknown>>>;

const targets = { sqs: 'AmazonSQS', dynamodb: 'DynamoDB_20120810' } as const;

/** @example await awsJson('dynamodb', process.env)('GetItem', { TableName, Key }) */
export function awsJson(service: keyof typeof targets, env: Env): AwsCall {
  const endpoint =
    env[`AWS_ENDPOINT_URL_${service.toUpperCase()}`] ??
    env.AWS_ENDPOINT_URL ??
    `https://${service}.${env.AWS_REGION}.amazonaws.com`;
  const request = signedRequest({ env, service, endpoint });
  return (operation, input) => {
    const headers = {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `${targets[service]}.${operation}`,
    };
    const asked = { method: 'POST', headers, body: JSON.stringify(input) };
    return patiently(async () => {
      const { status, text } = await request(asked);
      const answer = (parseJson(text) ?? {}) as Readonly<Record<string, unknown>>;
      if (status < 400) return answer;
      const name = String(answer.__type ?? 'UnknownError')
        .split('#')
        .at(-1)!;
      throw new AwsFailure(name, status, String(answer.message ?? answer.Message ?? ''));
    });
  };
}

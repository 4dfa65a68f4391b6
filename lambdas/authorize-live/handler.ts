/**
 * Who may connect: the key or token of a WebSocket's first request → caller and scopes. Programs send it as the header
 * `Authorization`; browsers, which cannot, as the second of two subprotocols: `new WebSocket(url, ['wharf', key])`. It is
 * no part of the address, for addresses are written into logs and histories.
 */
import type { APIGatewayAuthorizerResult, APIGatewayRequestAuthorizerEvent } from 'aws-lambda';
import { callerFinder } from '../../platform/api/caller.ts';
import { Desk } from '../../platform/api/desk.ts';
import type { Env } from '../../platform/aws.ts';
import { awsJson } from '../../platform/aws-json.ts';
import { authorizeEnv, issuerIn, readEnv } from '../config.ts';
import { lazy } from '../lazy.ts';

const BY_HEADER = /^Bearer +([\w.~+/=-]{1,4096})$/i;
const BY_PROTOCOL = /^wharf *, *([\w.~-]{1,4096})$/;

type Headers = Readonly<Record<string, string | undefined>>;

function secretIn(given: Headers): string | undefined {
  const headers: Headers = Object.fromEntries(
    Object.entries(given).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const found =
    BY_HEADER.exec(headers.authorization ?? '') ?? BY_PROTOCOL.exec(headers['sec-websocket-protocol'] ?? '');
  return found?.[1];
}

/** Builds the handler for an environment; `wharf start` runs the same function in its own process. */
export function createHandler(env: Env) {
  const config = readEnv(authorizeEnv, env);
  const find = callerFinder(new Desk(awsJson('dynamodb', env), config.WHARF_LEDGER_TABLE), issuerIn(config));
  return async ({
    headers,
    methodArn,
  }: Pick<
    APIGatewayRequestAuthorizerEvent,
    'headers' | 'methodArn'
  >): Promise<APIGatewayAuthorizerResult> => {
    const secret = secretIn(headers ?? {});
    const caller = secret && (await find(secret));
    // The one word for which API Gateway answers 401; a policy that denies would be a 403.
    if (!caller) throw new Error('Unauthorized');
    return {
      principalId: caller.name,
      policyDocument: {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: 'execute-api:Invoke', Resource: methodArn }],
      },
      context: { caller: caller.name, scopes: caller.scopes.join(' ') },
    };
  };
}

export const handler = lazy(() => createHandler(process.env));

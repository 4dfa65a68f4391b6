/** Who may: the key or token of a request → caller and scopes. API Gateway remembers the answer for a while. */
import type {
  APIGatewayRequestAuthorizerEventV2,
  APIGatewaySimpleAuthorizerWithContextResult,
} from 'aws-lambda';
import { callerFinder } from '../../platform/api/caller.ts';
import { Desk } from '../../platform/api/desk.ts';
import type { Env } from '../../platform/aws.ts';
import { awsJson } from '../../platform/aws-json.ts';
import { authorizeEnv, issuerIn, readEnv } from '../config.ts';
import { lazy } from '../lazy.ts';

type Verdict = APIGatewaySimpleAuthorizerWithContextResult<
  Readonly<Record<'caller' | 'scopes' | 'rate', string>> | undefined
>;

const nobody: Verdict = { isAuthorized: false, context: undefined };

/** Builds the handler for an environment; `wharf start` runs the same function in its own process. */
export function createHandler(env: Env) {
  const config = readEnv(authorizeEnv, env);
  const find = callerFinder(new Desk(awsJson('dynamodb', env), config.WHARF_LEDGER_TABLE), issuerIn(config));
  return async ({
    identitySource,
  }: Pick<APIGatewayRequestAuthorizerEventV2, 'identitySource'>): Promise<Verdict> => {
    const [, text] = /^Bearer +([\w.~+/=-]{1,4096})$/i.exec(identitySource?.[0] ?? '') ?? [];
    const caller = text === undefined ? undefined : await find(text);
    if (!caller) return nobody;
    const { name, scopes, rate = '' } = caller;
    return { isAuthorized: true, context: { caller: name, scopes: scopes.join(' '), rate: String(rate) } };
  };
}

export const handler = lazy(() => createHandler(process.env));

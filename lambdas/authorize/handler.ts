/** Who may: the key or token of a request → caller and scopes. API Gateway remembers the answer for a while. */
import type {
  APIGatewayRequestAuthorizerEventV2,
  APIGatewaySimpleAuthorizerWithContextResult,
} from 'aws-lambda';
import { Desk } from '../../platform/api/desk.ts';
import { isGenuine, type KeyEntry, readKey } from '../../platform/api/key.ts';
import { type Issuer, tokenVerifier, type VerifyToken } from '../../platform/api/token.ts';
import type { Env } from '../../platform/aws.ts';
import { awsJson } from '../../platform/aws-json.ts';
import { itemKey } from '../../platform/ledger-items.ts';
import { authorizeEnv, readEnv } from '../config.ts';
import { lazy } from '../lazy.ts';

interface Caller {
  readonly caller: string;
  readonly scopes: string;
  readonly rate: string;
}
type Verdict = APIGatewaySimpleAuthorizerWithContextResult<Caller | undefined>;

const nobody: Verdict = { isAuthorized: false, context: undefined };
const somebody = (caller: string, scopes: readonly string[], rate?: number): Verdict => ({
  isAuthorized: true,
  context: { caller, scopes: scopes.join(' '), rate: rate === undefined ? '' : String(rate) },
});

async function byKey(
  given: { readonly id: string; readonly secret: string },
  desk: Pick<Desk, 'get'>,
): Promise<Verdict> {
  const entry = (await desk.get(itemKey.apikey(given.id))) as KeyEntry | undefined;
  return isGenuine(given.secret, entry) && entry
    ? somebody(`key:${entry.id}`, entry.scopes, entry.rate)
    : nobody;
}

async function byToken(text: string, verify: VerifyToken | undefined): Promise<Verdict> {
  const token = await verify?.(text);
  return token ? somebody(`jwt:${token.subject}`, token.scopes) : nobody;
}

/** Builds the handler for an environment; `wharf start` runs the same function in its own process. */
export function createHandler(env: Env) {
  const config = readEnv(authorizeEnv, env);
  const desk = new Desk(awsJson('dynamodb', env), config.WHARF_LEDGER_TABLE);
  const { WHARF_JWT_ISSUER: issuer, WHARF_JWT_AUDIENCE: audience, WHARF_JWT_KEYS: keys } = config;
  const trusted: Issuer | undefined =
    issuer && audience && keys ? { issuer, audience, keys: new URL(keys) } : undefined;
  const verify = trusted && tokenVerifier(trusted);
  return async ({
    identitySource,
  }: Pick<APIGatewayRequestAuthorizerEventV2, 'identitySource'>): Promise<Verdict> => {
    const [, text] = /^Bearer +([\w.~+/=-]{1,4096})$/i.exec(identitySource?.[0] ?? '') ?? [];
    if (text === undefined) return nobody;
    const key = readKey(text);
    return key ? byKey(key, desk) : byToken(text, verify);
  };
}

export const handler = lazy(() => createHandler(process.env));

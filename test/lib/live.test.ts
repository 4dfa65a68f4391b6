import { describe, expect, it } from '@jest/globals';
import { authorizeEnv, broadcastEnv, liveEnv, readEnv } from '../../lambdas/config.ts';
import { may } from './iam.ts';
import { synthesize } from './support.ts';

const ADMIT = 'lambdas/authorize-live/handler.ts';
const SERVE = 'lambdas/live/handler.ts';
const BROADCAST = 'lambdas/broadcast/handler.ts';

interface Function {
  readonly Environment: { readonly Variables: Readonly<Record<string, string>> };
  readonly RecursiveLoop?: string;
}
interface Route {
  readonly RouteKey: string;
  readonly AuthorizationType: string;
}

const stack = synthesize();
const functionAt = (entry: string, of = stack) =>
  of.all<Function>('AWS::Lambda::Function').find(({ metadata }) => metadata['wharf:entry'] === entry)!
    .properties;
const envOf = (entry: string) => functionAt(entry).Environment.Variables;
const api = stack.one('AWS::ApiGatewayV2::Api', 'LiveWebSocket').name;
const arn = (service: string, resource: string) => `arn:aws:${service}:us-east-1:000000000000:${resource}`;
const table = arn('dynamodb', `table/${stack.one('AWS::DynamoDB::Table', 'LiveTable').name}`);
const ledger = arn('dynamodb', `table/${stack.one('AWS::DynamoDB::Table', 'Ledger').name}`);
const ticks = arn('sqs', stack.one('AWS::SQS::Queue', 'TicksQueue').name);
const connection = (method: string) => arn('execute-api', `${api}/live/${method}/@connections/abc=`);
const writes = ['PutItem', 'UpdateItem', 'DeleteItem'].map((verb) => `dynamodb:${verb}`);
const allowed = (entry: string, actions: readonly string[], resource: string) =>
  actions.filter((action) => may(stack, entry, action, resource));

describe('the WebSocket API', () => {
  it('asks who a client is when it connects', () => {
    const routes = stack
      .all<Route>('AWS::ApiGatewayV2::Route')
      .filter(({ id }) => id.startsWith('Live'))
      .map(({ properties: { RouteKey, AuthorizationType } }) => [RouteKey, AuthorizationType]);
    expect(Object.fromEntries(routes)).toEqual({ $connect: 'CUSTOM', $disconnect: 'NONE', $default: 'NONE' });
  });

  it('lets through so many messages and no more', () => {
    const of = synthesize({ wharf: { live: { throttle: { rateLimit: 5, burstLimit: 7 } } } });
    expect(of.one('AWS::ApiGatewayV2::Stage', 'LiveStage').properties).toMatchObject({
      DefaultRouteSettings: { ThrottlingRateLimit: 5, ThrottlingBurstLimit: 7 },
    });
  });
});

describe('the functions of live', () => {
  const live = {
    WHARF_LIVE_TABLE: stack.one('AWS::DynamoDB::Table', 'LiveTable').name,
    WHARF_LIVE_ENDPOINT: `https://${api}.execute-api.us-east-1.amazonaws.com/live`,
  };

  it('have the environments they read', () => {
    expect(readEnv(liveEnv, envOf(SERVE))).toMatchObject(live);
    expect(readEnv(broadcastEnv, envOf(BROADCAST))).toMatchObject({ ...live, WHARF_MAX_RECEIVES: 5 });
    expect(readEnv(authorizeEnv, envOf(ADMIT))).toEqual({
      WHARF_LEDGER_TABLE: stack.output('LedgerTableName'),
    });
  });

  it('that face clients write no key and no delivery', () => {
    for (const entry of [ADMIT, SERVE]) expect(allowed(entry, writes, ledger)).toEqual([]);
    expect(allowed(ADMIT, writes, table)).toEqual([]);
    expect(allowed(SERVE, writes, table)).toEqual(writes);
    expect(allowed(SERVE, ['dynamodb:GetItem'], ledger)).toEqual([]);
  });

  it('answer clients of this API, end their connections, and reach no other API', () => {
    const manage = ['execute-api:ManageConnections'];
    for (const entry of [SERVE, BROADCAST])
      for (const method of ['POST', 'DELETE']) {
        expect(allowed(entry, manage, connection(method))).toEqual(manage);
        expect(allowed(entry, manage, connection(method).replace(api, 'another'))).toEqual([]);
      }
  });

  it('may send the next tick, which Lambda does not take for a loop', () => {
    expect(allowed(BROADCAST, ['sqs:SendMessage'], ticks)).toHaveLength(1);
    expect(functionAt(BROADCAST).RecursiveLoop).toBe('Allow');
  });
});

it('what is kept for who comes later is encrypted and forgotten', () => {
  expect(stack.one('AWS::DynamoDB::Table', 'LiveTable').properties).toMatchObject({
    SSESpecification: { SSEEnabled: true },
    TimeToLiveSpecification: { AttributeName: 'expires', Enabled: true },
  });
});

import { describe, expect, it } from '@jest/globals';
import { routes } from '../../core/api/routes.ts';
import { acceptEnv, authorizeEnv, readEnv } from '../../lambdas/config.ts';
import { Desk } from '../../platform/api/desk.ts';
import { may } from './iam.ts';
import { synthesize } from './support.ts';

const ACCEPT = 'lambdas/accept-event/handler.ts';
const AUTHORIZE = 'lambdas/authorize/handler.ts';

interface Route {
  readonly RouteKey: string;
  readonly AuthorizationType: string;
  readonly AuthorizerId?: string;
}
interface Stage {
  readonly StageName: string;
  readonly DefaultRouteSettings: object;
  readonly AccessLogSettings: { readonly Format: string; readonly DestinationArn: string };
}
interface Api {
  readonly CorsConfiguration?: object;
}
interface Function {
  readonly Environment: { readonly Variables: Readonly<Record<string, string>> };
}

const stack = synthesize();
const envOf = (entry: string, of = stack) =>
  of.all<Function>('AWS::Lambda::Function').find(({ metadata }) => metadata['wharf:entry'] === entry)!
    .properties.Environment.Variables;

describe('the routes of the API', () => {
  const made = stack
    .all<Route>('AWS::ApiGatewayV2::Route')
    .filter(({ id }) => id.startsWith('ApiHttp'))
    .map(({ properties }) => properties);

  it('are those of the table', () => {
    const expected = Object.values(routes).map(({ method, path }) => `${method} ${path}`);
    expect(made.map(({ RouteKey }) => RouteKey).sort()).toEqual(expected.sort());
  });

  it('ask the authorizer, all but health and documents', () => {
    const open = made.filter(({ AuthorizationType }) => AuthorizationType === 'NONE');
    expect(open.map(({ RouteKey }) => RouteKey).sort()).toEqual([
      'GET /docs',
      'GET /health',
      'GET /openapi.json',
    ]);
    const closed = made.filter((route) => !open.includes(route));
    expect(closed.map(({ AuthorizationType }) => AuthorizationType)).toEqual(closed.map(() => 'CUSTOM'));
    expect(new Set(closed.map(({ AuthorizerId }) => AuthorizerId)).size).toBe(1);
  });
});

describe('the authorizer', () => {
  it('is asked about the header, and believed for a minute', () => {
    expect(stack.one('AWS::ApiGatewayV2::Authorizer', 'ApiHttp').properties).toMatchObject({
      AuthorizerType: 'REQUEST',
      AuthorizerPayloadFormatVersion: '2.0',
      EnableSimpleResponses: true,
      IdentitySource: ['$request.header.Authorization'],
      AuthorizerResultTtlInSeconds: 60,
    });
  });

  it('trusts no issuer of tokens but one of the configuration', () => {
    expect(readEnv(authorizeEnv, envOf(AUTHORIZE))).not.toHaveProperty('WHARF_JWT_ISSUER');
    const jwt = { issuer: 'https://id.example.com/', audience: 'wharf', keys: 'https://id.example.com/jwks' };
    expect(readEnv(authorizeEnv, envOf(AUTHORIZE, synthesize({ wharf: { api: { jwt } } })))).toMatchObject({
      WHARF_JWT_ISSUER: jwt.issuer,
      WHARF_JWT_AUDIENCE: 'wharf',
      WHARF_JWT_KEYS: jwt.keys,
    });
    const plain = { ...jwt, keys: 'http://id.example.com/jwks' };
    expect(() => synthesize({ wharf: { api: { jwt: plain } } })).toThrow(/api.jwt.keys/);
  });

  it('reads the ledger, and nothing else', () => {
    const ledger = `arn:aws:dynamodb:us-east-1:000000000000:table/${stack.one('AWS::DynamoDB::Table', 'Ledger').name}`;
    const verbs = ['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem', 'Query', 'Scan'];
    expect(verbs.filter((verb) => may(stack, AUTHORIZE, `dynamodb:${verb}`, ledger))).toEqual(['GetItem']);
  });
});

describe('the stage', () => {
  const stage = stack.one<Stage>('AWS::ApiGatewayV2::Stage', 'ApiStage').properties;

  it('lets through so many requests and no more', () => {
    expect(stage.DefaultRouteSettings).toEqual({ ThrottlingRateLimit: 1000, ThrottlingBurstLimit: 2000 });
    const of = synthesize({ wharf: { api: { throttle: { rateLimit: 5, burstLimit: 7 } } } });
    expect(of.one<Stage>('AWS::ApiGatewayV2::Stage', 'ApiStage').properties.DefaultRouteSettings).toEqual({
      ThrottlingRateLimit: 5,
      ThrottlingBurstLimit: 7,
    });
  });

  it('writes a line of JSON a request, with nothing in it that a caller chose', () => {
    const logged = JSON.parse(stage.AccessLogSettings.Format) as Record<string, string>;
    expect(Object.keys(logged)).toEqual(expect.arrayContaining(['route', 'status', 'caller', 'ms']));
    expect(
      Object.values(logged).filter((value) => /path|query|header|authorizer\.(?!caller)/i.test(value)),
    ).toEqual([]);
  });
});

describe('pages of other sites', () => {
  it('may not call the API, unless the configuration names them', () => {
    expect(stack.one<Api>('AWS::ApiGatewayV2::Api', 'ApiHttp').properties.CorsConfiguration).toBeUndefined();
    const of = synthesize({ wharf: { api: { corsOrigins: ['https://shop.example.com'] } } });
    expect(of.one<Api>('AWS::ApiGatewayV2::Api', 'ApiHttp').properties.CorsConfiguration).toEqual({
      AllowOrigins: ['https://shop.example.com'],
      AllowMethods: ['GET', 'POST'],
      AllowHeaders: ['authorization', 'content-type', 'content-encoding', 'idempotency-key'],
      ExposeHeaders: ['retry-after'],
      MaxAge: 3600,
    });
  });
});

describe('the function that answers', () => {
  const bucket = stack.one('AWS::S3::Bucket', 'Landing').name;
  const queue = stack.one('AWS::SQS::Queue', 'EventsQueue').name;
  const ordered = stack.one('AWS::SQS::Queue', 'OrderedQueue').name;

  it('knows where events go', () => {
    expect(readEnv(acceptEnv, envOf(ACCEPT))).toMatchObject({
      WHARF_LEDGER_TABLE: stack.output('LedgerTableName'),
      WHARF_EVENTS_QUEUE_URL: queue,
      WHARF_ORDERED_QUEUE_URL: ordered,
      WHARF_LIVE_QUEUE_URL: stack.one('AWS::SQS::Queue', 'LiveAcceptedQueue').name,
      WHARF_LANDING_BUCKET: bucket,
      WHARF_EVENTS_PER_SECOND: 1000,
    });
  });

  it('may do with the ledger what it does, and nothing more', async () => {
    const table = `arn:aws:dynamodb:us-east-1:000000000000:table/${stack.one('AWS::DynamoDB::Table', 'Ledger').name}`;
    const made: string[] = [];
    const desk = new Desk(async (operation, input) => {
      const { IndexName } = input as { IndexName?: string };
      const arn = IndexName ? `${table}/index/${IndexName}` : table;
      expect([operation, may(stack, ACCEPT, `dynamodb:${operation}`, arn)]).toEqual([operation, true]);
      made.push(operation);
      return {};
    }, 't');
    await desk.get('a#b');
    await desk.remember('a#b', { expires: 1 }, 0);
    await desk.lease('a#b', 1, 2, 3);
    await desk.newest('a.b', 1);
    const all = [
      'GetItem',
      'PutItem',
      'UpdateItem',
      'Query',
      'DeleteItem',
      'Scan',
      'BatchWriteItem',
      'BatchGetItem',
    ];
    const allowed = all.filter((verb) =>
      [table, `${table}/index/by_dataset`].some((arn) => may(stack, ACCEPT, `dynamodb:${verb}`, arn)),
    );
    expect(allowed).toEqual(made);
  });

  it('puts files where they land and reads none; sends events and takes none', () => {
    const landed = `arn:aws:s3:::${bucket}/landing/retailos/stores/a.csv`;
    expect(may(stack, ACCEPT, 's3:PutObject', landed)).toBe(true);
    expect(may(stack, ACCEPT, 's3:PutObject', `arn:aws:s3:::${bucket}/elsewhere/a.csv`)).toBe(false);
    for (const action of ['s3:GetObject', 's3:DeleteObject'])
      expect(may(stack, ACCEPT, action, landed)).toBe(false);
    for (const arn of [queue, ordered].map((name) => `arn:aws:sqs:us-east-1:000000000000:${name}`)) {
      expect(may(stack, ACCEPT, 'sqs:SendMessage', arn)).toBe(true);
      expect(may(stack, ACCEPT, 'sqs:ReceiveMessage', arn)).toBe(false);
    }
  });
});

import { WharfError } from '../../core/errors.ts';
import type { Authorizer, Cors, HttpApi, HttpRoute, LambdaFunction, LiveApi, LiveRoute } from './model.ts';
import { nameInArn } from './names.ts';
import type { Resolve, Template } from './template.ts';

interface Properties {
  readonly ApiId: string;
  readonly ProtocolType: string;
  readonly RouteId: string;
  readonly StageName: string;
  readonly RouteKey: string;
  readonly Target: string;
  readonly AuthorizerId?: string;
  readonly IntegrationUri: string;
  readonly AuthorizerUri: string;
  readonly IdentitySource: readonly string[];
  readonly AuthorizerResultTtlInSeconds?: number;
  readonly CorsConfiguration?: Readonly<Record<string, readonly string[] | number>>;
}

const unsupported = (what: string) =>
  new WharfError(`The API has ${what}, which the local cloud does not know`, {
    code: 'local.unsupported_template',
    fix: 'Use functions as integrations and authorizers, and one header as the identity source.',
    route: 'usage',
  });

type Read = (
  template: Template,
  functions: readonly LambdaFunction[],
  resolve: Resolve,
) => {
  readonly api: Properties;
  all(type: string): (readonly [id: string, Properties])[];
  functionOf(arn: string): LambdaFunction;
  /** The function of a route. */
  targetOf(route: Properties): LambdaFunction;
};

/** What belongs to the template's one API of a protocol; undefined where it has none. */
const readApi =
  (protocol: string) =>
  (...[template, functions, resolve]: Parameters<Read>): ReturnType<Read> | undefined => {
    const every = (type: string) =>
      Object.entries(template.Resources).filter(([, { Type }]) => Type === `AWS::ApiGatewayV2::${type}`);
    const [found] = every('Api').filter(([, { Properties }]) => Properties?.ProtocolType === protocol);
    if (!found) return undefined;
    const [apiId, { Properties: api }] = found;
    const all = (type: string) =>
      every(type)
        .filter(([, { Properties }]) => resolve(Properties?.ApiId) === apiId)
        .map(([id, { Properties }]) => [id, resolve(Properties) as Properties] as const);
    const functionOf = (arn: string): LambdaFunction => {
      const target = functions.find(({ name }) => name === nameInArn(arn.replace(/\/invocations$/, '')));
      if (!target) throw unsupported(`something that ${arn} answers`);
      return target;
    };
    const integrations = new Map(
      all('Integration').map(([id, { IntegrationUri }]) => [id, functionOf(IntegrationUri)]),
    );
    const targetOf = ({ Target }: Properties): LambdaFunction => {
      const target = integrations.get(Target.split('/').at(-1)!);
      if (!target) throw unsupported(`the target ${Target}`);
      return target;
    };
    return { api: resolve(api) as Properties, all, functionOf, targetOf };
  };

/**
 * The HTTP API of a template; undefined where it has none.
 * @throws WharfError `local.unsupported_template`
 */
export function readHttpApi(...given: Parameters<Read>): HttpApi | undefined {
  const read = readApi('HTTP')(...given);
  if (!read) return undefined;
  const { api, all, functionOf, targetOf } = read;
  const authorizers = new Map(
    all('Authorizer').map(([id, properties]) => [id, readAuthorizer(properties, functionOf)]),
  );
  const routes = all('Route').map(([, route]): HttpRoute => {
    const { RouteKey, AuthorizerId } = route;
    const [method, path] = RouteKey.split(' ');
    if (!method || !path || path.includes('+}')) throw unsupported(`the route ${RouteKey}`);
    return {
      key: RouteKey,
      method,
      path,
      target: targetOf(route),
      authorizer: AuthorizerId ? authorizers.get(AuthorizerId) : undefined,
    };
  });
  return { routes, cors: readCors(api.CorsConfiguration) };
}

/**
 * The WebSocket API of a template; undefined where it has none.
 * @throws WharfError `local.unsupported_template`
 */
export function readLiveApi(...given: Parameters<Read>): LiveApi | undefined {
  const read = readApi('WEBSOCKET')(...given);
  if (!read) return undefined;
  const { all, functionOf, targetOf } = read;
  const authorizers = new Map(
    all('Authorizer').map(([id, { AuthorizerUri }]) => [id, functionOf(AuthorizerUri)]),
  );
  const answering = new Set(all('RouteResponse').map(([, { RouteId }]) => RouteId));
  const routes = all('Route').map(([id, route]): LiveRoute => {
    const { RouteKey: key, AuthorizerId } = route;
    if (!/^\$(connect|disconnect|default)$/.test(key)) throw unsupported(`the route ${key}`);
    const authorizer = AuthorizerId ? authorizers.get(AuthorizerId) : undefined;
    return { key, target: targetOf(route), authorizer, answers: answering.has(id) };
  });
  const [[, { StageName: stage }] = ['', { StageName: '$default' }]] = all('Stage');
  return { stage, routes };
}

function readAuthorizer(
  { AuthorizerUri, IdentitySource, AuthorizerResultTtlInSeconds = 300 }: Properties,
  functionOf: (arn: string) => LambdaFunction,
): Authorizer {
  const [source = '', ...others] = IdentitySource;
  const header = /^\$request\.header\.([\w-]+)$/.exec(source)?.[1]?.toLowerCase();
  if (!header || others.length > 0) throw unsupported(`the identity source ${IdentitySource.join(', ')}`);
  return { target: functionOf(AuthorizerUri), header, ttlMs: AuthorizerResultTtlInSeconds * 1000 };
}

function readCors(given: Properties['CorsConfiguration']): Cors | undefined {
  if (!given) return undefined;
  const list = (name: string) => [given[name] ?? []].flat().join(',');
  return {
    origins: [given.AllowOrigins ?? []].flat().map(String),
    methods: list('AllowMethods'),
    headers: list('AllowHeaders'),
    exposed: list('ExposeHeaders'),
    maxAge: String(given.MaxAge ?? 0),
  };
}

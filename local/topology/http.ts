import { WharfError } from '../../core/errors.ts';
import type { Authorizer, Cors, HttpApi, HttpRoute, LambdaFunction } from './model.ts';
import { nameInArn } from './names.ts';
import type { Resolve, Template } from './template.ts';

interface Properties {
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
  new WharfError(`The HTTP API has ${what}, which the local cloud does not know`, {
    code: 'local.unsupported_template',
    fix: 'Use functions as integrations and authorizers, and one header as the identity source.',
    route: 'usage',
  });

/**
 * The HTTP API of a template; undefined where it has none.
 * @throws WharfError `local.unsupported_template`
 */
export function readHttpApi(
  template: Template,
  functions: readonly LambdaFunction[],
  resolve: Resolve,
): HttpApi | undefined {
  const all = (type: string): (readonly [id: string, Properties])[] =>
    Object.entries(template.Resources)
      .filter(([, { Type }]) => Type === `AWS::ApiGatewayV2::${type}`)
      .map(([id, resource]) => [id, resolve(resource.Properties) as Properties]);
  const functionOf = (arn: string): LambdaFunction => {
    const found = functions.find(({ name }) => name === nameInArn(arn.replace(/\/invocations$/, '')));
    if (!found) throw unsupported(`something that ${arn} answers`);
    return found;
  };
  const [api] = all('Api');
  if (!api) return undefined;
  const integrations = new Map(
    all('Integration').map(([id, { IntegrationUri }]) => [id, functionOf(IntegrationUri)]),
  );
  const authorizers = new Map(
    all('Authorizer').map(([id, properties]) => [id, readAuthorizer(properties, functionOf)]),
  );
  const routes = all('Route').map(([, { RouteKey, Target, AuthorizerId }]): HttpRoute => {
    const [method, path] = RouteKey.split(' ');
    if (!method || !path || path.includes('+}')) throw unsupported(`the route ${RouteKey}`);
    const target = integrations.get(Target.split('/').at(-1)!);
    if (!target) throw unsupported(`the target ${Target}`);
    return {
      key: RouteKey,
      method,
      path,
      target,
      authorizer: AuthorizerId ? authorizers.get(AuthorizerId) : undefined,
    };
  });
  return { routes, cors: readCors(api[1].CorsConfiguration) };
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

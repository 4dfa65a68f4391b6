import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type { HttpRoute } from '../topology/model.ts';
import { account } from '../topology/names.ts';

/** What API Gateway takes in one request. */
export const LARGEST_BODY = 10 * 1024 ** 2;

export interface Matched {
  readonly route: HttpRoute;
  readonly parameters: Readonly<Record<string, string>>;
}

/** Finds the route of a request; undefined: there is none. @throws URIError where the path is no text */
export type Match = (method: string, path: string) => Matched | undefined;

/** A route that spells a segment out goes before one with a parameter there. */
export function matcher(routes: readonly HttpRoute[]): Match {
  const parameter = (segment: string) => /^\{(\w+)\}$/.exec(segment)?.[1];
  const known = routes.map((route) => {
    const segments = route.path.split('/').map((text) => ({ text, name: parameter(text) }));
    return { route, segments, open: segments.filter(({ name }) => name).length };
  });
  const ordered = known.toSorted((a, b) => a.open - b.open);
  return (method, path) => {
    const given = path.split('/').map(decodeURIComponent);
    const fits = ({ route, segments }: (typeof known)[number]) =>
      route.method === method &&
      segments.length === given.length &&
      segments.every(({ text, name }, i) => (name ? given[i] !== '' : text === given[i]));
    const found = ordered.find(fits);
    if (!found) return undefined;
    const named = found.segments.flatMap(({ name }, i) => (name ? [[name, given[i]!]] : []));
    return { route: found.route, parameters: Object.fromEntries(named) };
  };
}

const TEXT = /^(text\/|application\/(json|javascript|xml|x-www-form-urlencoded)|[^;]+\+(json|xml))/i;

/** Whether a body goes as text; else as base64. Bytes that are no text of UTF-8 would not arrive as they are. */
const isText = ({ headers }: IncomingMessage, body: Buffer): boolean =>
  headers['content-encoding'] === undefined &&
  TEXT.test(headers['content-type'] ?? 'text/plain') &&
  isUtf8(body);

const joined = (pairs: Iterable<readonly [string, string]>): Record<string, string> => {
  const all: Record<string, string> = Object.create(null);
  for (const [name, value] of pairs) all[name] = name in all ? `${all[name]},${value}` : value;
  return { ...all };
};

/** A request as API Gateway hands it to a function, payload format 2.0. */
export function toEvent(
  request: IncomingMessage,
  { route, parameters }: Matched,
  url: URL,
  body: Buffer,
  authorizer: object | undefined,
): APIGatewayProxyEventV2 {
  const headers = joined(
    Object.entries(request.headers).flatMap(([name, value]) =>
      name === 'cookie' ? [] : [[name, [value].flat().join(',')]],
    ),
  );
  const query = joined(url.searchParams);
  const now = new Date();
  const text = isText(request, body);
  return {
    version: '2.0',
    routeKey: route.key,
    rawPath: decodeURIComponent(url.pathname),
    rawQueryString: url.search.slice(1),
    ...(request.headers.cookie && { cookies: request.headers.cookie.split('; ') }),
    headers,
    ...(url.search.length > 1 && { queryStringParameters: query }),
    ...(Object.keys(parameters).length && { pathParameters: parameters }),
    requestContext: {
      accountId: account,
      apiId: 'local',
      domainName: headers.host ?? '',
      domainPrefix: 'local',
      http: {
        method: route.method,
        path: url.pathname,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp: request.socket.remoteAddress ?? '',
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: randomUUID(),
      routeKey: route.key,
      stage: '$default',
      time: now.toUTCString(),
      timeEpoch: now.getTime(),
      ...(authorizer && { authorizer: { lambda: authorizer } }),
    },
    ...(body.length > 0 && { body: body.toString(text ? 'utf8' : 'base64') }),
    isBase64Encoded: body.length > 0 && !text,
  };
}

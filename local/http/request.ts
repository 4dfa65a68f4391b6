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

/** The route of a request; one that spells a segment out goes before one with a parameter there. */
export function match(routes: readonly HttpRoute[], method: string, path: string): Matched | undefined {
  const segments = path.split('/').map(decodeURIComponent);
  const found = routes.flatMap((route) => {
    const wanted = route.path.split('/');
    if (route.method !== method || wanted.length !== segments.length) return [];
    const parameters: Record<string, string> = {};
    for (const [i, segment] of wanted.entries()) {
      const name = /^\{(\w+)\}$/.exec(segment)?.[1];
      if (name && segments[i]) parameters[name] = segments[i];
      else if (segment !== segments[i]) return [];
    }
    return [{ route, parameters }];
  });
  return found.sort((a, b) => Object.keys(a.parameters).length - Object.keys(b.parameters).length)[0];
}

const TEXT = /^(text\/|application\/(json|javascript|xml|x-www-form-urlencoded)|[^;]+\+(json|xml))/i;

/** Whether a body goes as text; else as base64. Bytes that are no text of UTF-8 would not arrive as they are. */
const isText = ({ headers }: IncomingMessage, body: Buffer): boolean =>
  headers['content-encoding'] === undefined &&
  TEXT.test(headers['content-type'] ?? 'text/plain') &&
  Buffer.from(body.toString('utf8')).equals(body);

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

/** What API Gateway's WebSocket API calls functions with. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { account, region } from '../topology/names.ts';

/** What is known of a client for as long as it is connected. */
export interface Client {
  readonly connectionId: string;
  readonly stage: string;
  readonly connectedAt: number;
  /** What the authorizer said about it. */
  readonly authorizer?: object;
}

const types: Readonly<Record<string, string>> = { $connect: 'CONNECT', $disconnect: 'DISCONNECT' };

const API = 'local';

/** The event of a route; `request` is the client's first, which only `$connect` and its authorizer see. */
export function toEvent(
  routeKey: string,
  client: Client,
  { request, body }: { readonly request?: IncomingMessage; readonly body?: string } = {},
): object {
  const headers = Object.entries(request?.headers ?? {}).map(([name, value]) => [
    name,
    [value].flat().join(','),
  ]);
  return {
    ...(request && { headers: Object.fromEntries(headers) }),
    requestContext: {
      ...client,
      routeKey,
      eventType: types[routeKey] ?? 'MESSAGE',
      messageDirection: 'IN',
      apiId: API,
      domainName: 'localhost',
      requestId: randomUUID(),
      requestTimeEpoch: Date.now(),
      identity: { sourceIp: request?.socket.remoteAddress },
    },
    isBase64Encoded: false,
    ...(body !== undefined && { body }),
  };
}

/** The same, as it asks an authorizer. */
export const toQuestion = (...[routeKey, client, more]: Parameters<typeof toEvent>): object => ({
  ...toEvent(routeKey, client, more),
  type: 'REQUEST',
  methodArn: `arn:aws:execute-api:${region}:${account}:${API}/${client.stage}/${routeKey}`,
});

import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { connections } from '../../../platform/live/connections.ts';

const AWS = 'https://abc123.execute-api.eu-west-1.amazonaws.com/live';
const credentials = { AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' };

let server: Server;
let url: string;
/** Statuses of the next answers; 200 when there are none left. */
let answers: number[] = [];
let seen: { request: IncomingMessage; body: string }[] = [];
beforeAll(async () => {
  server = createServer(async (request, response) => {
    seen.push({ request, body: await text(request) });
    response.writeHead(answers.shift() ?? 200, { 'content-length': 0 }).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  [answers, seen] = [[], []];
});
const onEmulator = () => connections({ ...credentials, AWS_ENDPOINT_URL: url }, AWS);

it('signs for API Gateway, whatever a connection is called', async () => {
  expect(await onEmulator().post('L0SM9cOFIAMC=', '{"é":1}')).toBe(true);
  const [{ request, body }] = seen as [(typeof seen)[number]];
  expect([request.method, request.url, body]).toEqual([
    'POST',
    '/_aws/execute-api/abc123/live/%40connections/L0SM9cOFIAMC%3D',
    '{"é":1}',
  ]);
  expect(request.headers.authorization).toMatch(
    /^AWS4-HMAC-SHA256 Credential=id\/\d{8}\/eu-west-1\/execute-api\/aws4_request, SignedHeaders=\S+, Signature=[0-9a-f]{64}$/,
  );
  expect(request.headers['content-length']).toBe(String(Buffer.byteLength(body)));
});

it('tells who is gone', async () => {
  answers = [410];
  expect(await onEmulator().post('a', 'x')).toBe(false);
  answers = [410];
  await onEmulator().close('a');
  expect(seen.map(({ request }) => request.method)).toEqual(['POST', 'DELETE']);
});

it('tries again when it is too much for now, and not when it may not', async () => {
  answers = [429, 500];
  expect(await onEmulator().post('a', 'x')).toBe(true);
  expect(seen).toHaveLength(3);
  answers = [403];
  await expect(onEmulator().post('a', 'x')).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } });
  expect(seen).toHaveLength(4);
});

it('is told where the gateway of one machine is', async () => {
  const env = { ...credentials, AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI: `${url}/live` };
  await connections(env, AWS).post('a', 'x');
  expect(seen[0]!.request.url).toBe('/live/%40connections/a');
});

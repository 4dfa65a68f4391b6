/** Tokens of an issuer at the WebSocket's door, against keys served on this machine. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { createHandler } from '../../lambdas/authorize-live/handler.ts';

const issuer = 'https://id.example.com/';
const methodArn = 'arn:aws:execute-api:us-east-1:000000000000:api/live/$connect';
let jwks: Server;
let pair: Awaited<ReturnType<typeof generateKeyPair>>;
let authorize: ReturnType<typeof createHandler>;

beforeAll(async () => {
  pair = await generateKeyPair('ES256');
  const key = { ...(await exportJWK(pair.publicKey)), kid: 'one', alg: 'ES256' };
  jwks = createServer((_, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [key] }));
  }).listen(0, '127.0.0.1');
  await once(jwks, 'listening');
  authorize = createHandler({
    AWS_REGION: 'us-east-1',
    // Nothing listens there: a token needs no ledger.
    AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
    WHARF_LEDGER_TABLE: 'ledger',
    WHARF_JWT_ISSUER: issuer,
    WHARF_JWT_AUDIENCE: 'wharf',
    WHARF_JWT_KEYS: `http://127.0.0.1:${(jwks.address() as AddressInfo).port}/jwks`,
  });
});
afterAll(() => {
  jwks.close();
});

const token = (seconds: number) =>
  new SignJWT({ iss: issuer, aud: 'wharf', sub: 'till-7', scope: 'retailos.*:read' })
    .setProtectedHeader({ alg: 'ES256', kid: 'one' })
    .setExpirationTime(Math.floor(Date.now() / 1000) + seconds)
    .sign(pair.privateKey);

it.each([
  ['in the header', async () => ({ Authorization: `Bearer ${await token(60)}` })],
  ['as a subprotocol', async () => ({ 'Sec-WebSocket-Protocol': `wharf, ${await token(60)}` })],
])('a token %s lets its subject in, with its scopes, to this route', async (_, headers) => {
  expect(await authorize({ headers: await headers(), methodArn })).toMatchObject({
    principalId: 'jwt:till-7',
    policyDocument: { Statement: [{ Effect: 'Allow', Resource: methodArn }] },
    context: { caller: 'jwt:till-7', scopes: 'retailos.*:read' },
  });
});

it('one that is expired, no key, and a subprotocol of another kind are 401', async () => {
  const old = await token(-60);
  const all = [
    { Authorization: `Bearer ${old}` },
    { 'Sec-WebSocket-Protocol': `wharf, ${old}` },
    { 'Sec-WebSocket-Protocol': await token(60) },
    { 'Sec-WebSocket-Protocol': 'graphql-ws' },
    {},
  ];
  for (const headers of all)
    await expect(authorize({ headers, methodArn })).rejects.toThrow(/^Unauthorized$/);
});

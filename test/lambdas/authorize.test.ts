/** Tokens of an issuer: the real library against keys served on this machine. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import { createHandler } from '../../lambdas/authorize/handler.ts';
import { isGenuine, mintKey, readKey } from '../../platform/api/key.ts';

const issuer = 'https://id.example.com/';
const audience = 'wharf';
let jwks: Server;
let pair: Awaited<ReturnType<typeof generateKeyPair>>;
let authorize: ReturnType<typeof createHandler>;
let served = 0;

beforeAll(async () => {
  pair = await generateKeyPair('ES256');
  const key = { ...(await exportJWK(pair.publicKey)), kid: 'one', alg: 'ES256' };
  jwks = createServer((_, response) => {
    served += 1;
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [key] }));
  }).listen(0, '127.0.0.1');
  await once(jwks, 'listening');
  authorize = createHandler({
    AWS_REGION: 'us-east-1',
    // Nothing listens there: a token needs no ledger.
    AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
    WHARF_LEDGER_TABLE: 'ledger',
    WHARF_JWT_ISSUER: issuer,
    WHARF_JWT_AUDIENCE: audience,
    WHARF_JWT_KEYS: `http://127.0.0.1:${(jwks.address() as AddressInfo).port}/jwks`,
  });
});
afterAll(() => {
  jwks.close();
});

const token = (claims: JWTPayload = {}, key = pair.privateKey) =>
  new SignJWT({
    iss: issuer,
    aud: audience,
    sub: 'till-7',
    exp: Date.now() / 1000 + 60,
    scope: 'openid recomart.*:write',
    ...claims,
  })
    .setProtectedHeader({ alg: 'ES256', kid: 'one' })
    .sign(key);
const verdict = (text: string) => authorize({ identitySource: [`Bearer ${text}`] });
const denied = { isAuthorized: false };

describe('a token', () => {
  it('of the issuer lets its subject in, with the scopes that are ours; its keys are fetched once', async () => {
    const allowed = {
      isAuthorized: true,
      context: { caller: 'jwt:till-7', scopes: 'recomart.*:write', rate: '' },
    };
    expect(await verdict(await token())).toEqual(allowed);
    expect(await authorize({ identitySource: [`bearer ${await token()}`] })).toEqual(allowed);
    expect(served).toBe(1);
  });

  it.each<[string, JWTPayload]>([
    ['that has expired', { exp: Date.now() / 1000 - 1 }],
    ['that never expires', { exp: undefined }],
    ['of another issuer', { iss: 'https://evil.example.com/' }],
    ['for another audience', { aud: 'shop' }],
    ['of nobody', { sub: undefined }],
    ['that is not valid yet', { nbf: Date.now() / 1000 + 60 }],
  ])('%s does not', async (_, claims) => expect(await verdict(await token(claims))).toMatchObject(denied));

  it('that somebody else signed, or nobody, does not', async () => {
    const other = await generateKeyPair('ES256');
    expect(await verdict(await token({}, other.privateKey))).toMatchObject(denied);
    const unsigned = new UnsecuredJWT({
      iss: issuer,
      aud: audience,
      sub: 'x',
      exp: 9e9,
      scope: 'admin',
    }).encode();
    expect(await verdict(unsigned)).toMatchObject(denied);
    const [head, , signature] = (await token()).split('.');
    const forged = Buffer.from(JSON.stringify({ sub: 'x', scope: 'admin', exp: 9e9 })).toString('base64url');
    expect(await verdict(`${head}.${forged}.${signature}`)).toMatchObject(denied);
  });

  it.each(['', 'x', 'a.b.c', 'x'.repeat(5000), 'é'])('is not %p', async (text) => {
    expect(await verdict(text)).toMatchObject(denied);
  });
});

describe('a key', () => {
  it('is taken for its secret, while it is active', () => {
    const { text, hash } = mintKey();
    const { secret } = readKey(text)!;
    const active = { hash, state: 'active' } as const;
    expect(isGenuine(secret, active)).toBe(true);
    expect(isGenuine(secret, { ...active, state: 'revoked' })).toBe(false);
    expect(isGenuine(readKey(mintKey().text)!.secret, active)).toBe(false);
    expect(isGenuine(secret, undefined)).toBe(false);
    expect(isGenuine('', undefined)).toBe(false);
  });

  it('that the ledger cannot be asked about is a failure, and no refusal', async () => {
    await expect(verdict(mintKey().text)).rejects.toThrow();
  });
});

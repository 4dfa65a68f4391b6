/** Tokens of a JWT issuer, in the place of keys. */
import { createRemoteJWKSet, errors, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { isScope } from '../../core/api/scopes.ts';

export interface Issuer {
  readonly issuer: string;
  readonly audience: string;
  /** Where its public keys are. */
  readonly keys: URL;
}

/** Signed with a key that only the issuer has: with a shared secret whoever checks tokens could make them. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];

export type VerifyToken = (
  token: string,
) => Promise<{ readonly subject: string; readonly scopes: readonly string[] } | undefined>;

/**
 * Verifies tokens of an issuer: signature, issuer, audience, times. Scopes are those of its claim `scope` that are
 * scopes here. What fails because the issuer does not answer is thrown: the token may be fine.
 */
export function tokenVerifier({ issuer, audience, keys }: Issuer): VerifyToken {
  const found: JWTVerifyGetKey = createRemoteJWKSet(keys, { timeoutDuration: 3_000 });
  const options = { issuer, audience, algorithms: ALGORITHMS, requiredClaims: ['exp', 'sub'] };
  return async (token) => {
    try {
      const { payload } = await jwtVerify(token, found, options);
      const scopes = String(payload.scope ?? '').split(' ');
      return { subject: payload.sub!, scopes: scopes.filter(isScope) };
    } catch (error) {
      if (error instanceof errors.JWKSTimeout || !(error instanceof errors.JOSEError)) throw error;
      return undefined;
    }
  };
}

/**
 * API Gateway's way back to its WebSocket clients. One event for a thousand clients is a thousand requests: the SDK's
 * client would take most of their second.
 */
import type { Env } from '../aws.ts';
import { AwsFailure, patiently, signedRequest } from '../signed-request.ts';

/** Requests under way at a time, each on a connection that is kept. */
export const AT_ONCE = 64;

export interface Connections {
  /** Sends a client a message. @returns false where the client is gone @throws AwsFailure when it was tried in vain */
  post(connection: string, body: string): Promise<boolean>;
  /** Ends a client's connection, if it is still there. */
  close(connection: string): Promise<void>;
}

const GONE = 410;

/** Where the way back is: emulators of AWS have it, for all APIs, on their one port. */
function addressOf(env: Env, endpoint: string): string {
  const { AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI: own, AWS_ENDPOINT_URL: emulator } = env;
  const { host, pathname } = new URL(endpoint);
  return own || (emulator ? `${emulator}/_aws/execute-api/${host.split('.', 1)[0]}${pathname}` : endpoint);
}

/** @param endpoint of the stage, `https://…/<stage>`; one machine and emulators name another in the environment */
export function connections(env: Env, endpoint: string): Connections {
  const address = addressOf(env, endpoint);
  const request = signedRequest({ env, service: 'execute-api', endpoint: address, maxSockets: AT_ONCE });
  const stage = new URL(address).pathname.replace(/\/$/, '');

  const ask = (method: string, connection: string, body?: string): Promise<number> =>
    patiently(async () => {
      const path = `${stage}/%40connections/${encodeURIComponent(connection)}`;
      const headers = body === undefined ? undefined : { 'content-type': 'application/json' };
      const { status } = await request({ method, path, headers, body });
      if (status < 300 || status === GONE) return status;
      throw new AwsFailure('ConnectionsFailure', status);
    });

  return {
    post: async (connection, body) => (await ask('POST', connection, body)) !== GONE,
    async close(connection) {
      await ask('DELETE', connection);
    },
  };
}

/**
 * API Gateway's way back to its WebSocket clients. Signed by aws4, which needs no promise: one event for a thousand
 * clients is a thousand requests, and the SDK's client would take most of their second.
 */
import { Agent as PlainAgent, request as plain } from 'node:http';
import { Agent, request } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import aws4 from 'aws4';
import type { Env } from '../aws.ts';
import { AwsFailure } from '../aws-json.ts';

/** Requests under way at a time, each on a connection that is kept. */
export const AT_ONCE = 64;
const TRIES = 4;
const FIRST_WAIT_MS = 50;
const TRY_MS = 2_500;

export interface Connections {
  /** Sends a client a message. @returns false where the client is gone @throws AwsFailure when it was tried in vain */
  post(connection: string, body: string): Promise<boolean>;
  /** Ends a client's connection, if it is still there. */
  close(connection: string): Promise<void>;
}

/** @param endpoint of the stage, `https://…/<stage>`; one machine and emulators name another in the environment */
export function connections(env: Env, endpoint: string): Connections {
  const { AWS_REGION: region, AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI: local } = env;
  const { protocol, hostname, port, host, pathname } = new URL(local || endpoint);
  const [ask, agent] =
    protocol === 'http:'
      ? [plain, new PlainAgent({ keepAlive: true, maxSockets: AT_ONCE })]
      : [request, new Agent({ keepAlive: true, maxSockets: AT_ONCE })];
  const credentials = {
    accessKeyId: env.AWS_ACCESS_KEY_ID ?? '',
    secretAccessKey: env.AWS_SECRET_ACCESS_KEY ?? '',
    sessionToken: env.AWS_SESSION_TOKEN,
  };

  function send(method: string, connection: string, body?: string): Promise<number> {
    const path = `${pathname.replace(/\/$/, '')}/%40connections/${encodeURIComponent(connection)}`;
    const headers = body === undefined ? {} : { 'Content-Type': 'application/json' };
    const signed = aws4.sign({ host, service: 'execute-api', region, method, path, headers, body }, credentials);
    return new Promise((answered, failed) => {
      const sent = ask(
        {
          hostname,
          port,
          method,
          path,
          headers: signed.headers as Record<string, string>,
          agent,
          timeout: TRY_MS,
        },
        (response) => {
          response
            .resume()
            .once('end', () => answered(response.statusCode!))
            .once('error', failed);
        },
      );
      sent.once('timeout', () => sent.destroy(new Error('the gateway did not answer')));
      sent.once('error', failed).end(body);
    });
  }

  /** The status of an answer: 2xx, or 410 of a client that is gone. */
  async function answer(method: string, connection: string, body?: string): Promise<number> {
    for (let tries = 1; ; tries++) {
      const status = await send(method, connection, body).catch((error: Error) => error);
      if (typeof status === 'number' && (status < 300 || status === 410)) return status;
      const passes = typeof status !== 'number' || status === 429 || status >= 500;
      if (!passes || tries === TRIES)
        throw typeof status === 'number' ? new AwsFailure('ConnectionsFailure', status) : status;
      await sleep(FIRST_WAIT_MS * 2 ** tries * Math.random());
    }
  }

  return {
    post: async (connection, body) => (await answer('POST', connection, body)) !== 410,
    async close(connection) {
      await answer('DELETE', connection);
    },
  };
}

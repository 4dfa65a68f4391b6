/** The API on the local cloud, from the synthesized stack, with what it sends to the queue caught on the way. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EventMessage } from '../../core/events/model.ts';
import { createHandler } from '../../lambdas/accept-event/handler.ts';
import { startLocalCloud } from '../../local/cloud.ts';
import { Keys } from '../../platform/api/keys.ts';
import { awsClients } from '../../platform/aws.ts';
import { type Context, synthesize } from '../lib/support.ts';

const ACCEPT = 'lambdas/accept-event/handler.ts';

export interface Answered {
  readonly status: number;
  readonly type: string;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of any shape
  readonly body: any;
}

export type Api = Awaited<ReturnType<typeof startApi>>;

/** @param context of the stack, e.g. another configuration of the API */
export async function startApi(context: Context = {}) {
  const state = await mkdtemp(join(tmpdir(), 'wharf-api-'));
  const sent: EventMessage[] = [];
  const failing = { next: 0 };
  const clock = { ahead: 0 };
  const cloud = await startLocalCloud({
    state,
    template: synthesize(context).template,
    log: { info: () => {}, warn: () => {}, error: () => {} },
    handlers: {
      [ACCEPT]: (env) =>
        createHandler(env, {
          now: () => new Date(Date.now() + clock.ahead),
          send: async (bodies) => {
            if (failing.next-- > 0) throw new Error('the queue is away');
            sent.push(...bodies.map((body) => JSON.parse(body) as EventMessage));
          },
        }),
    },
  });
  const env = cloud.env(ACCEPT);
  const keys = new Keys(awsClients(env).dynamodb, env.WHARF_LEDGER_TABLE!);
  const make = async (scopes: readonly string[], rate?: number) =>
    (await keys.make({ name: 'test', scopes, rate })).text;
  const admin = await make(['admin'], 1_000_000);

  async function ask(
    method: string,
    path: string,
    init: RequestInit & { key?: string | null } = {},
  ): Promise<Answered> {
    const { key = admin, headers, ...rest } = init;
    const response = await fetch(`${cloud.api}${path}`, {
      method,
      headers: { ...(key && { authorization: `Bearer ${key}` }), ...(headers as Record<string, string>) },
      ...rest,
    });
    const type = response.headers.get('content-type') ?? '';
    const text = await response.text();
    return {
      status: response.status,
      type,
      headers: response.headers,
      body: type.includes('json') ? JSON.parse(text) : text,
    };
  }
  return {
    ...{ cloud, env, keys, make, sent, failing, clock, admin },
    get: (path: string, init: Parameters<typeof ask>[2] = {}) => ask('GET', path, init),
    post: (path: string, body: RequestInit['body'], init: Parameters<typeof ask>[2] = {}) =>
      ask('POST', path, {
        ...init,
        body,
        headers: { 'content-type': 'application/json', ...(init.headers as object) },
      }),
    /** Events on their way since the last look, in their messages. */
    taken: () => sent.splice(0),
    async [Symbol.asyncDispose]() {
      await cloud.stop();
      await rm(state, { recursive: true, force: true });
    },
  };
}

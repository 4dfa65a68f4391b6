/** What the functions of a WebSocket API say about its clients. */
import type { IncomingMessage } from 'node:http';
import type { APIGatewayAuthorizerResult, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { tell } from '../../platform/tell.ts';
import { toContext } from '../events/invoke.ts';
import type { Handler, Logger } from '../model.ts';
import type { LambdaFunction, LiveApi, LiveRoute } from '../topology/model.ts';
import { type Client, toEvent, toQuestion } from './event.ts';

type Handlers = ReadonlyMap<LambdaFunction, Handler>;
type Invoke = (event: object, context: Context) => Promise<unknown>;
type Result = APIGatewayProxyStructuredResultV2;

export class LiveRoutes {
  readonly #api: LiveApi;
  readonly #handlers: Handlers;
  readonly #log: Logger;
  readonly #running = new Set<Promise<unknown>>();

  constructor(api: LiveApi, handlers: Handlers, log: Logger) {
    this.#api = api;
    this.#handlers = handlers;
    this.#log = log;
  }

  get busy(): boolean {
    return this.#running.size > 0;
  }

  /** Resolves when no function is at work. */
  async settled(): Promise<void> {
    while (this.busy) await Promise.allSettled(this.#running);
  }

  /** Asks whether a client may connect. @returns what is known of it from now on, or the status that refuses it */
  async judge(request: IncomingMessage, client: Client): Promise<Client | number> {
    const authorizer = this.#route('$connect')?.authorizer;
    if (!authorizer) return client;
    try {
      const verdict = await this.#invoke(authorizer, toQuestion('$connect', client, { request }));
      const { policyDocument, principalId, context } = verdict as APIGatewayAuthorizerResult;
      const allowed = policyDocument.Statement.every(({ Effect }) => Effect === 'Allow');
      return allowed ? { ...client, authorizer: { principalId, ...context } } : 403;
    } catch (error) {
      // An authorizer has no other way to say so.
      if ((error as Error).message === 'Unauthorized') return 401;
      this.#log.error('authorizer failed', { error: tell(error) });
      return 500;
    }
  }

  /** @returns the status of the answer, and the subprotocol that was chosen */
  async connect(request: IncomingMessage, client: Client): Promise<{ status: number; protocol?: string }> {
    const { statusCode = 200, headers } = await this.#answer('$connect', client, { request });
    const protocol = headers?.['Sec-WebSocket-Protocol'];
    return { status: statusCode, ...(typeof protocol === 'string' && { protocol }) };
  }

  async disconnect(client: Client): Promise<void> {
    await this.#answer('$disconnect', client);
  }

  /** @returns what is sent to the client */
  async message(body: string, client: Client): Promise<string | undefined> {
    const answer = await this.#answer('$default', client, { body });
    return this.#route('$default')?.answers ? answer.body : undefined;
  }

  #route(key: string): LiveRoute | undefined {
    return this.#api.routes.find((one) => one.key === key);
  }

  async #invoke(target: LambdaFunction, event: object): Promise<unknown> {
    const run = (this.#handlers.get(target) as unknown as Invoke)(event, toContext(target));
    this.#running.add(run);
    return run.finally(() => this.#running.delete(run));
  }

  async #answer(key: string, client: Client, more: Parameters<typeof toEvent>[2] = {}): Promise<Result> {
    const route = this.#route(key);
    if (!route) return {};
    try {
      return (await this.#invoke(route.target, toEvent(key, client, more))) as Result;
    } catch (error) {
      this.#log.error(`${key} failed`, { error: tell(error) });
      const { connectionId } = client;
      return { statusCode: 500, body: JSON.stringify({ message: 'Internal server error', connectionId }) };
    }
  }
}

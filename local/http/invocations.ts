/** Lambda's own door on a loopback port: functions that other functions call. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { toContext } from '../events/invoke.ts';
import type { Load } from '../functions.ts';
import type { Handler } from '../model.ts';
import { isStranger } from '../services/strangers.ts';
import type { LambdaFunction } from '../topology/model.ts';

export interface Invocations {
  readonly url: string;
  /** Lets the calls under way come to their end. */
  stop(): Promise<void>;
}

/** The header that says a function threw. */
const FAILED = 'x-amz-function-error';

/** What Lambda answers in the place of a function. */
const failure = (errorType: string, errorMessage: string) => ({ errorType, errorMessage });

const path = (name: string): string => `/2015-03-31/functions/${encodeURIComponent(name)}/invocations`;

/** What calls a function through the door at `url`. Rejects with the name and the words of what the function threw. */
export const callThrough =
  (url: string) =>
  ({ name }: LambdaFunction): Handler =>
  async (event) => {
    const response = await fetch(url + path(name), { method: 'POST', body: JSON.stringify(event) });
    const answer = (await response.json()) as ReturnType<typeof failure>;
    if (!response.headers.has(FAILED)) return answer;
    throw Object.assign(new Error(answer.errorMessage), { name: answer.errorType });
  };

/** Answers `POST /2015-03-31/functions/<name>/invocations`. A function that takes too long is not waited for any more, and goes on. */
export async function startInvocations(load: Load): Promise<Invocations> {
  const running = new Set<Promise<unknown>>();

  async function invoke(
    name: string,
    event: unknown,
  ): Promise<{ error: boolean; answer: unknown } | undefined> {
    const found = await load(name);
    if (!found) return undefined;
    const { target, handler } = found;
    const call = handler(event as never, toContext(target)).then(
      (answer) => ({ error: false, answer }),
      (thrown: Error) => ({ error: true, answer: failure(thrown.name, thrown.message) }),
    );
    running.add(call);
    void call.finally(() => running.delete(call));
    const over = new AbortController();
    const late = sleep(target.timeoutMs, undefined, { signal: over.signal, ref: false }).then(
      () => ({
        error: true,
        answer: failure('Sandbox.Timedout', `Task timed out after ${target.timeoutMs / 1000} seconds`),
      }),
      () => call,
    );
    return Promise.race([call, late]).finally(() => over.abort());
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const name = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(request.url ?? '')?.[1];
    const stranger = isStranger(request.headers);
    const result =
      name && !stranger
        ? await invoke(decodeURIComponent(name), await json(request).catch(() => null))
        : undefined;
    const status = stranger ? 403 : result ? 200 : 404;
    response.writeHead(status, {
      'content-type': 'application/json',
      ...(result?.error && { [FAILED]: 'Unhandled' }),
    });
    response.end(JSON.stringify(result?.answer ?? null));
  }

  const server = createServer((request, response) => {
    void serve(request, response).catch(() => response.destroy());
  });
  // Whoever calls waits for the answer as long as the function may run.
  server.requestTimeout = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      await Promise.all(running);
      server.close();
      server.closeAllConnections();
    },
  };
}

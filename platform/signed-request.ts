/** Requests to AWS over Node's own HTTP, signed by aws4: a fraction of what an SDK's client takes to load and to make one. */
import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import aws4 from 'aws4';
import type { Env } from './aws.ts';

/** What a service answered instead of a result; `$metadata` as the SDK's errors have it. */
export class AwsFailure extends Error {
  readonly $metadata: { readonly httpStatusCode: number };

  constructor(name: string, status: number, message = '') {
    super(message || name);
    this.name = name;
    this.$metadata = { httpStatusCode: status };
  }

  get passes(): boolean {
    const { httpStatusCode: status } = this.$metadata;
    return status === 429 || status >= 500 || /Throttl|ThroughputExceeded|LimitExceeded/.test(this.name);
  }
}

/** Of one try: a connection that hangs is given up while the caller still waits. */
const TRY_MS = 2_500;
const TRIES = 4;
const FIRST_WAIT_MS = 25;

/** The credentials of an environment; a function's own do not change while it lives. */
export const credentialsOf = ({
  AWS_ACCESS_KEY_ID: accessKeyId = '',
  AWS_SECRET_ACCESS_KEY: secretAccessKey = '',
  AWS_SESSION_TOKEN: sessionToken,
}: Env): aws4.Credentials => ({ accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) });

const hmac = (key: KeyObject, text: string) => createHmac('sha256', key).update(text);

/** aws4 with the key of a day kept as Node's HMAC takes it fastest: from a buffer, each signature costs six times as much. */
class Signer extends aws4.RequestSigner {
  static readonly #keys = new Map<string, KeyObject>();

  override signature(): string {
    return hmac(this.#key(), this.stringToSign()).digest('hex');
  }

  #key(): KeyObject {
    const { secretAccessKey } = this.credentials;
    const scope = this.credentialString();
    const known = Signer.#keys.get(`${secretAccessKey} ${scope}`);
    if (known) return known;
    const start = createSecretKey(`AWS4${secretAccessKey}`, 'utf8');
    const key = scope.split('/').reduce((key, part) => createSecretKey(hmac(key, part).digest()), start);
    Signer.#keys.set(`${secretAccessKey} ${scope}`, key);
    return key;
  }
}

export interface Sender {
  readonly env: Env;
  /** Its name in signatures. */
  readonly service: string;
  readonly endpoint: string;
  /** Connections at a time, kept for the next request. @default as many as are asked for */
  readonly maxSockets?: number;
}

export interface Asked {
  readonly method: string;
  /** @default the endpoint's */
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Answer {
  readonly status: number;
  readonly text: string;
}

/**
 * What signs and sends requests to an endpoint. Each is sent once; see {@link patiently}.
 * @example await signedRequest({ env, service: 'sqs', endpoint: 'https://sqs.eu-west-1.amazonaws.com' })({ method: 'POST', body: '{}' })
 */
export function signedRequest({
  env,
  service,
  endpoint,
  maxSockets,
}: Sender): (asked: Asked) => Promise<Answer> {
  const url = new URL(endpoint);
  // Imported, node:http brings its WebSocket along, and with it all of fetch: a third of a function's cold start.
  const { Agent, request } = process.getBuiltinModule(url.protocol === 'http:' ? 'node:http' : 'node:https');
  const agent = new Agent({ keepAlive: true, maxSockets });
  const credentials = credentialsOf(env);
  return ({ path = url.pathname, ...asked }) => {
    const { host, hostname, port } = url;
    const signer = new Signer({ ...asked, host, path, service, region: env.AWS_REGION }, credentials);
    const headers = signer.sign().headers as Record<string, string>;
    const options = { hostname, port, path, method: asked.method, headers, agent, timeout: TRY_MS };
    return new Promise((done, fail) => {
      const sent = request(options, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        response.once('end', () => done({ status: response.statusCode!, text })).once('error', fail);
      });
      sent.once('timeout', () => sent.destroy(new Error(`${service} did not answer in ${TRY_MS} ms`)));
      sent.once('error', fail).end(asked.body);
    });
  };
}

/** Tries again what passes: the network's faults, and the service's own. @throws what the last try did */
export async function patiently<T>(send: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await send();
    } catch (error) {
      if (tries === TRIES || (error instanceof AwsFailure && !error.passes)) throw error;
      await sleep(FIRST_WAIT_MS * 2 ** tries * Math.random());
    }
  }
}

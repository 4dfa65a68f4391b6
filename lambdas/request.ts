/** A request as API Gateway hands it over (payload 2.0), read by what it claims to be. */
import { gunzipSync } from 'node:zlib';
import type { APIGatewayProxyEventV2, APIGatewayProxyEventV2WithLambdaAuthorizer } from 'aws-lambda';
import { POST_LIMITS } from '../core/api/body.ts';
import { Problem } from '../core/api/problem.ts';
import { allows, type Direction } from '../core/api/scopes.ts';

/** Who asks, as the authorizer found out. */
interface Caller {
  readonly caller: string;
  /** Separated by blanks. */
  readonly scopes: string;
  /** Events a second; empty where the deployment's own number counts. */
  readonly rate?: string;
}

/** Bytes that claim to be UTF-8 and are not would be taken in as something nobody sent. */
const utf8 = new TextDecoder('utf-8', { fatal: true });

const tooLarge = () =>
  new Problem('too-large', `The body is larger than ${POST_LIMITS.bytes} bytes, which is what is allowed`);

function unzipped(bytes: Buffer): Buffer {
  try {
    return gunzipSync(bytes, { maxOutputLength: POST_LIMITS.bytes });
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge();
    throw new Problem('malformed-encoding', 'Content-Encoding is gzip, and the body is none, or broken off');
  }
}

function decoded(bytes: Buffer): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new Problem('malformed-encoding', 'The body is not UTF-8');
  }
}

export class Request {
  readonly #event: APIGatewayProxyEventV2;

  constructor(event: APIGatewayProxyEventV2) {
    this.#event = event;
  }

  header(name: string): string | undefined {
    return this.#event.headers[name];
  }

  /** A parameter of the path. */
  param(name: string): string {
    return this.#event.pathParameters?.[name] ?? '';
  }

  query(name: string): string | undefined {
    return this.#event.queryStringParameters?.[name];
  }

  /** @throws Problem `malformed-request` */
  flag(name: string): boolean {
    const value = this.query(name) ?? 'false';
    if (value === 'true' || value === 'false') return value === 'true';
    throw new Problem('malformed-request', `${name} must be true or false`);
  }

  /** @throws Problem `malformed-request` */
  get idempotencyKey(): string | undefined {
    const key = this.header('idempotency-key');
    if (key === undefined || /^[!-~]{1,255}$/.test(key)) return key;
    throw new Problem('malformed-request', 'Idempotency-Key must be 1 to 255 visible ASCII characters');
  }

  /**
   * The body as text, unzipped.
   * @throws Problem `too-large`, `unsupported-type`, `malformed-encoding`
   */
  text(): string {
    const { body = '', isBase64Encoded } = this.#event;
    const encoding = this.header('content-encoding')?.trim().toLowerCase() || 'identity';
    if (encoding !== 'gzip' && encoding !== 'identity')
      throw new Problem('unsupported-type', 'Content-Encoding must be gzip, or none', {
        headers: { 'accept-encoding': 'gzip' },
      });
    const bytes = Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
    if (bytes.length > POST_LIMITS.bytes) throw tooLarge();
    if (encoding === 'gzip') return decoded(unzipped(bytes));
    return isBase64Encoded ? decoded(bytes) : body;
  }

  /** @throws Problem `unknown-key` */
  get caller(): {
    readonly name: string;
    readonly scopes: readonly string[];
    readonly rate: number | undefined;
  } {
    const { authorizer } = this.#event.requestContext as Partial<
      APIGatewayProxyEventV2WithLambdaAuthorizer<Caller | undefined>['requestContext']
    >;
    const { caller, scopes, rate } = authorizer?.lambda ?? {};
    if (!caller) throw new Problem('unknown-key', 'Authorization must be: Bearer <key>');
    return { name: caller, scopes: (scopes ?? '').split(' '), rate: Number(rate) || undefined };
  }

  may(dataset: string, direction: Direction): boolean {
    return allows(this.caller.scopes, dataset, direction);
  }
}

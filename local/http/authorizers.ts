import type { APIGatewaySimpleAuthorizerWithContextResult } from 'aws-lambda';
import { toContext } from '../events/invoke.ts';
import type { Handler } from '../model.ts';
import type { Authorizer, HttpRoute, LambdaFunction } from '../topology/model.ts';

type Verdict = APIGatewaySimpleAuthorizerWithContextResult<object | undefined>;
type Ask = (event: object, context: ReturnType<typeof toContext>) => Promise<Verdict>;

/** Most answers that are remembered. */
const KEPT = 1_000;

/** Asks authorizers, and remembers what they said about a header for as long as the template says. */
export class Authorizers {
  readonly #handlers: ReadonlyMap<LambdaFunction, Handler>;
  readonly #known = new Map<string, { readonly verdict: Promise<Verdict>; readonly until: number }>();

  constructor(handlers: ReadonlyMap<LambdaFunction, Handler>) {
    this.#handlers = handlers;
  }

  /** What the authorizer says. Without the header it is not asked, as API Gateway does not: undefined. */
  async ask(
    authorizer: Authorizer,
    identity: string | undefined,
    route: HttpRoute,
  ): Promise<Verdict | undefined> {
    if (!identity) return undefined;
    const { target, ttlMs } = authorizer;
    const key = `${target.name} ${identity}`;
    const known = this.#known.get(key);
    if (known && known.until > Date.now()) return known.verdict;
    const ask = this.#handlers.get(target) as Ask;
    const event = { version: '2.0', type: 'REQUEST', routeKey: route.key, identitySource: [identity] };
    const verdict = ask(event, toContext(target));
    if (ttlMs > 0) this.#remember(key, verdict, ttlMs);
    return verdict;
  }

  #remember(key: string, verdict: Promise<Verdict>, ttlMs: number): void {
    if (this.#known.size >= KEPT) this.#known.delete(this.#known.keys().next().value!);
    this.#known.set(key, { verdict, until: Date.now() + ttlMs });
    // A failure is no answer.
    verdict.catch(() => this.#known.delete(key));
  }
}

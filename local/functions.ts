import { loadFunction } from './load-function.ts';
import type { CreateHandler, Credentials, Endpoints, Env, Handler } from './model.ts';
import { type Priority, startThread } from './threads/thread.ts';
import type { LambdaFunction } from './topology/model.ts';

/** What every function finds in its environment here: who it is, where the services answer, where its files in the making go. */
export const sharedEnv = (endpoints: Endpoints, credentials: Credentials, tmp: string): Env => ({
  AWS_REGION: credentials.region,
  AWS_ACCESS_KEY_ID: credentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  AWS_ENDPOINT_URL_S3: endpoints.s3,
  AWS_ENDPOINT_URL_SQS: endpoints.sqs,
  AWS_ENDPOINT_URL_DYNAMODB: endpoints.dynamodb,
  AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI: endpoints.connections ?? '',
  AWS_ENDPOINT_URL_LAMBDA: endpoints.lambda,
  WHARF_TMP: tmp,
  // All workers live in this process: of an earlier one, none does any more.
  WHARF_WORKERS_SINCE: new Date().toISOString(),
  // The template says glue: there is none here.
  WHARF_CATALOG: 'dynamodb',
  // No state machines either: DuckDB takes files of any size its limits allow.
  WHARF_STATE_MACHINE_ARN: '',
});

export interface FunctionOptions {
  /** What every function's environment has beside its own variables. */
  readonly shared: Env;
  /** Entry → code, instead of the module at that path. */
  readonly replaced: Readonly<Record<string, CreateHandler>>;
  /** Which of them get a thread each, of what priority, and where it is stopped. @default none */
  readonly threads?: {
    readonly of: ReadonlyMap<LambdaFunction, Priority>;
    readonly stoppedWith: AsyncDisposableStack;
  };
}

/**
 * Loads each function's code and gives it its environment, as a cold start does.
 *
 * @throws WharfError `local.no_handler` when a module has no `createHandler`; whatever `createHandler` throws
 */
export async function createHandlers(
  functions: Iterable<LambdaFunction>,
  { shared, replaced, threads }: FunctionOptions,
): Promise<ReadonlyMap<LambdaFunction, Handler>> {
  const create = async (target: LambdaFunction) => {
    const env = { ...target.env, ...shared };
    const code = replaced[target.entry];
    const priority = code ? undefined : threads?.of.get(target);
    if (threads && priority) return threads.stoppedWith.use(startThread(target, env, priority)).handler;
    return (code ?? (await loadFunction(target.entry)))(env);
  };
  // One after another: most modules are the same, and not every loader takes one that is being loaded already.
  const pairs = async (target: LambdaFunction) => [target, await create(target)] as const;
  return new Map(await Array.fromAsync(functions, pairs));
}

/** Finds a function by its name and loads it, as its first call does; undefined: there is none. */
export type Load = (name: string) => Promise<{ target: LambdaFunction; handler: Handler } | undefined>;

/** What loads functions when they are first called. */
export function loader(functions: readonly LambdaFunction[], how: FunctionOptions): Load {
  const created = new Map<LambdaFunction, Promise<Handler>>();
  return async (name) => {
    const target = functions.find((one) => one.name === name);
    if (!target) return undefined;
    const creating =
      created.get(target) ?? createHandlers([target], how).then((handlers) => handlers.get(target)!);
    created.set(target, creating);
    return { target, handler: await creating };
  };
}

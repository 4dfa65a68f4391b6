import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { WharfError } from '../core/errors.ts';
import type { CreateHandler, Credentials, Endpoints, Env, Handler } from './model.ts';
import { root } from './synth.ts';
import type { LambdaFunction } from './topology/model.ts';

/** What every function finds in its environment here: who it is, where the services answer, where its files in the making go. */
export const sharedEnv = (endpoints: Endpoints, credentials: Credentials, tmp: string): Env => ({
  AWS_REGION: credentials.region,
  AWS_ACCESS_KEY_ID: credentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  AWS_ENDPOINT_URL_S3: endpoints.s3,
  AWS_ENDPOINT_URL_SQS: endpoints.sqs,
  AWS_ENDPOINT_URL_DYNAMODB: endpoints.dynamodb,
  WHARF_TMP: tmp,
  // All workers live in this process: of an earlier one, none does any more.
  WHARF_WORKERS_SINCE: new Date().toISOString(),
  // The template says glue: there is none here.
  WHARF_CATALOG: 'dynamodb',
  // No state machines either: DuckDB takes files of any size its limits allow.
  WHARF_STATE_MACHINE_ARN: '',
});

/**
 * Loads each function's code and gives it its environment, as a cold start does.
 *
 * @param replaced entry → code, instead of the module at that path
 * @throws WharfError `local.no_handler` when a module has no `createHandler`; whatever `createHandler` throws
 */
export async function createHandlers(
  functions: Iterable<LambdaFunction>,
  shared: Env,
  replaced: Readonly<Record<string, CreateHandler>>,
): Promise<ReadonlyMap<LambdaFunction, Handler>> {
  const create = async (target: LambdaFunction) => {
    const createHandler = replaced[target.entry] ?? (await load(target.entry));
    return [target, createHandler({ ...target.env, ...shared })] as const;
  };
  return new Map(await Promise.all([...functions].map(create)));
}

async function load(entry: string): Promise<CreateHandler> {
  const loaded = (await import(pathToFileURL(join(root, entry)).href)) as { createHandler?: CreateHandler };
  if (typeof loaded.createHandler === 'function') return loaded.createHandler;
  throw new WharfError(`${entry} exports no createHandler`, {
    code: 'local.no_handler',
    fix: 'Export `createHandler(env)`, and let `handler` be what it returns for process.env.',
  });
}

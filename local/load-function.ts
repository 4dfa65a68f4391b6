import { WharfError } from '../core/errors.ts';
import type { CreateHandler } from './model.ts';

/**
 * Loads a function's code.
 * @param entry its module, from the repository's root
 * @throws WharfError `local.no_handler` when the module has no `createHandler`
 */
export async function loadFunction(entry: string): Promise<CreateHandler> {
  const loaded = (await import(new URL(`../${entry}`, import.meta.url).href)) as {
    createHandler?: CreateHandler;
  };
  if (typeof loaded.createHandler === 'function') return loaded.createHandler;
  throw new WharfError(`${entry} exports no createHandler`, {
    code: 'local.no_handler',
    fix: 'Export `createHandler(env)`, and let `handler` be what it returns for process.env.',
  });
}

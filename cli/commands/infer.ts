import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { explain } from '../../core/contract/reasons.ts';
import { WharfError } from '../../core/errors.ts';
import { Engine } from '../../platform/engine/duckdb.ts';
import { fetchFile } from '../../platform/fetch/index.ts';
import { defaultLimits } from '../../platform/limits.ts';
import { requireFiles } from '../arguments.ts';
import { contractCode } from '../infer/code.ts';
import { columnsOf } from '../infer/file.ts';
import { exit, type GlobalOptions, printJson } from '../output.ts';

function requireName(name: string): void {
  if (/^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$/.test(name)) return;
  throw new WharfError(`"${name}" is no name of a dataset`, {
    code: 'infer.invalid_name',
    route: 'usage',
    fix: 'Write <domain>.<name> in small letters, digits and _, e.g. shop.orders',
  });
}

/**
 * The source of a contract that accepts this file.
 * @throws WharfError `file.missing`, `file.not_a_file`, `infer.invalid_name`, `infer.unreadable`, `infer.no_columns`
 */
export async function inferContract(file: string, name: string): Promise<string> {
  requireName(name);
  await requireFiles([file]);
  const dir = await mkdtemp(join(tmpdir(), 'wharf-infer-'));
  try {
    const source = { name: basename(file), dir, limits: defaultLimits };
    const fetched = await fetchFile(createReadStream(file), source);
    if (!fetched.ok)
      throw new WharfError(`"${file}" cannot be read: ${fetched.reason}`, {
        code: 'infer.unreadable',
        fix: explain(fetched.reason),
      });
    using engine = await Engine.open({ dir, memoryMb: 1000 });
    const columns = await engine.session((session) => columnsOf(session, fetched.file));
    if (columns.length > 0) return contractCode(name, columns);
    throw new WharfError(`"${file}" has no record to learn from`, {
      code: 'infer.no_columns',
      fix: 'Give a file with some rows',
    });
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** Prints a contract for a file no dataset describes yet. */
export async function infer(
  file: string,
  { name, json }: GlobalOptions & { readonly name: string },
): Promise<number> {
  const code = await inferContract(file, name);
  if (json) printJson({ dataset: name, contract: code });
  else process.stdout.write(code);
  return exit.done;
}

/** `wharf contract promote`: approved changes become part of the contract in the code. */
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import type { Contract, Field } from '../../core/contract/model.ts';
import { WharfError } from '../../core/errors.ts';
import { dataset } from '../../datasets/index.ts';
import { asApproved } from '../../platform/drift/registry.ts';
import { fieldCode } from '../drift/code.ts';
import { withFields } from '../drift/source.ts';
import { useInstallation } from '../installation.ts';
import { exit, type GlobalOptions, print, printJson } from '../output.ts';

interface Options extends GlobalOptions {
  readonly dryRun?: boolean;
}

const root = join(import.meta.dirname, '..', '..');
const sameField = (a: Field | undefined, b: Field): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Fields that are not as the code has them. */
const changedFields = (base: Contract, now: Contract): Field[] =>
  now.fields.filter(
    (field) =>
      !sameField(
        base.fields.find(({ name }) => name === field.name),
        field,
      ),
  );

/** The contract a source file declares, read anew. */
async function contractIn(file: string, name: string): Promise<Contract | undefined> {
  const module = (await import(`${pathToFileURL(file).href}?at=${Date.now()}`)) as Record<string, unknown>;
  return Object.values(module).find((one) => (one as Partial<Contract>).name === name) as
    | Contract
    | undefined;
}

const order = (fields: readonly Field[]): string =>
  JSON.stringify(
    fields.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    // What is not said and what is said to be nothing are the same.
    (_, value: unknown) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
        : value,
  );

/** Writes the changes that hold now into the dataset's file; what the file then declares is checked against them. */
export async function promote(name: string, options: Options): Promise<number> {
  const base = dataset(name);
  await using installation = await useInstallation(options.state);
  const now = await asApproved(base, installation.drift);
  const fields = changedFields(base, now);
  const codes = Object.fromEntries(fields.map((field) => [field.name, fieldCode(field)]));
  if (fields.length === 0 || options.dryRun) {
    if (options.json) printJson({ dataset: name, fields: codes, file: null });
    else if (fields.length === 0) print(`${name} is as the code has it.`);
    else for (const [field, code] of Object.entries(codes)) print(`${field}: ${code},`);
    return exit.done;
  }
  const file = join(root, 'datasets', base.domain, `${base.dataset}.ts`);
  const before = await readFile(file, 'utf8');
  await writeFile(file, await withFields(before, name, codes));
  const declared = await contractIn(file, name).catch(() => undefined);
  if (!declared || order(declared.fields) !== order(now.fields)) {
    await writeFile(file, before);
    throw new WharfError(`What would be written into ${file} is not what was approved`, {
      code: 'promote.differs',
      fix: 'The file is as it was. Write the fields by hand: wharf contract promote --dry-run prints them',
    });
  }
  // For the eye only: where there is no formatter the code is the same.
  await promisify(execFile)(join(root, 'node_modules/.bin/biome'), ['format', '--write', file], {
    cwd: root,
  }).catch(() => {});
  if (options.json) printJson({ dataset: name, fields: codes, file });
  else print(`${file} has ${fields.map((field) => field.name).join(', ')} as approved. Deploy it.`);
  return exit.done;
}

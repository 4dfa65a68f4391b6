import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { WharfError } from '../../core/errors.ts';
import { type GenerateFormat, generateText } from '../../core/generate/generate.ts';
import { dataset } from '../../datasets/index.ts';
import { exit, type GlobalOptions, number, print, printJson } from '../output.ts';

export interface GenerateArguments extends GlobalOptions {
  readonly rows: number;
  readonly seed: number;
  readonly defects: number;
  readonly day: string;
  readonly format?: string;
  readonly out: string;
}

const known: readonly GenerateFormat[] = ['csv', 'ndjson', 'json'];

function formatOf({ format, out }: GenerateArguments): GenerateFormat {
  const wanted = format ?? (out === '-' ? 'csv' : (out.split('.').at(-1) ?? ''));
  const found = known.find((name) => name === wanted);
  if (found) return found;
  throw new WharfError(`No format "${wanted}"`, {
    code: 'generate.unknown_format',
    route: 'usage',
    fix: `Allowed: ${known.join(', ')}`,
  });
}

/** Writes made-up data of a dataset. */
export async function generate(name: string, options: GenerateArguments): Promise<number> {
  const { rows, seed, defects, day, out } = options;
  const chunks = generateText(dataset(name), {
    ...{ rows, seed, defects, day },
    format: formatOf(options),
  });
  if (out === '-') {
    await pipeline(Readable.from(chunks), process.stdout, { end: false });
    return exit.done;
  }
  await pipeline(Readable.from(chunks), createWriteStream(out));
  if (options.json) printJson({ file: out, rows });
  else print(`${number(rows)} rows in ${out}`);
  return exit.done;
}

import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { WharfError } from '../../core/errors.ts';
import { type GenerateFormat, generateText } from '../../core/generate/generate.ts';
import { dataset } from '../../datasets/index.ts';
import { exit, type GlobalOptions, number } from '../output.ts';

export interface GenerateArguments extends GlobalOptions {
  readonly rows: string;
  readonly seed: string;
  readonly defects: string;
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

function quantity(name: string, text: string, max: number): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && value <= max) return value;
  throw new WharfError(`--${name} is "${text}"`, {
    code: 'usage.invalid_option',
    route: 'usage',
    fix: `Give a number from 0 to ${max}`,
  });
}

/** Writes made-up data of a dataset. */
export async function generate(name: string, options: GenerateArguments): Promise<number> {
  const rows = quantity('rows', options.rows, Number.MAX_SAFE_INTEGER);
  const chunks = generateText(dataset(name), {
    rows,
    seed: quantity('seed', options.seed, 2 ** 31),
    defects: quantity('defects', options.defects, 1),
    day: options.day,
    format: formatOf(options),
  });
  if (options.out === '-') {
    await pipeline(Readable.from(chunks), process.stdout, { end: false });
    return exit.done;
  }
  await pipeline(Readable.from(chunks), createWriteStream(options.out));
  if (!options.json) process.stderr.write(`${number(rows)} rows in ${options.out}\n`);
  return exit.done;
}

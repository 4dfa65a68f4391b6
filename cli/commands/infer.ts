import { createReadStream } from 'node:fs';
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { kindOf, type Scalar } from '../../core/contract/kinds.ts';
import type { Type } from '../../core/contract/model.ts';
import { ident, quote, sqlTrim } from '../../core/contract/text.ts';
import { WharfError } from '../../core/errors.ts';
import { Engine, type Session } from '../../platform/engine/duckdb.ts';
import { type Fetched, fetchFile } from '../../platform/fetch/index.ts';
import { defaultLimits } from '../../platform/limits.ts';
import { exit, type GlobalOptions, print } from '../output.ts';

/** A guess: the type to test the values with, and how it is written in a contract. */
interface Guess {
  readonly type: Scalar;
  readonly code: string;
}

const moment = (is: 'date' | 'instant', format: string, code: string): Guess => ({
  type: { is, formats: [format] },
  code,
});

/** Tried in order; the first that reads every value wins. */
const guesses: readonly Guess[] = [
  { type: { is: 'int' }, code: 'int()' },
  { type: { is: 'decimal', precision: 18, scale: 4 }, code: 'money()' },
  { type: { is: 'float' }, code: 'float()' },
  moment('date', 'iso', 'date()'),
  moment('instant', 'iso', 'instant()'),
  moment('date', 'eu', "date({ formats: ['eu'] })"),
  moment('date', 'us', "date({ formats: ['us'] })"),
  moment('date', 'dotted', "date({ formats: ['dotted'] })"),
  moment('instant', 'us', "instant({ formats: ['us'] })"),
  moment('instant', 'eu', "instant({ formats: ['eu'] })"),
];

/** Names whose numbers identify something and are not to be added up. */
const identifies = /(^|[_\s-])(id|no|nr|number|code|sku|ean|zip|postcode|phone|barcode)$|Id$|ID$|No$|Code$/;

const snake = (name: string): string =>
  name
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .replace(/^(\d)/, 'n$1') || 'column';

interface Column {
  readonly header: string;
  readonly name: string;
  readonly code: string;
  readonly optional: boolean;
  readonly unique: boolean;
  readonly kind: Type['is'];
}

/** All values as text, one column a header, in the table `data`. */
async function load(session: Session, file: Fetched): Promise<string[]> {
  const path = quote(file.path);
  if (file.format === 'csv') {
    const columns = file.header.map((name) => `${quote(name)}: 'VARCHAR'`).join(', ');
    await session.run(
      `CREATE TABLE data AS FROM read_csv(${path}, auto_detect = false, header = true, delim = ${quote(file.delimiter)}, quote = '"', escape = '"', columns = {${columns}}, ignore_errors = true)`,
    );
    return [...file.header];
  }
  const read =
    file.format === 'parquet'
      ? `read_parquet(${path})`
      : `read_json(${path}, format = 'newline_delimited', ignore_errors = true)`;
  const described = await session.rows(`DESCRIBE SELECT * FROM ${read}`);
  const names = described.map(({ column_name: name }) => String(name));
  const nested = described.find(({ column_type: type }) => /\[\]$|^(STRUCT|MAP)/.test(String(type)));
  if (nested)
    throw new WharfError(`The column "${nested.column_name}" holds lists or objects`, {
      code: 'infer.nested',
      route: 'usage',
      fix: 'Write the contract by hand with list(…) and z.object(…): docs/add-a-dataset.md',
    });
  await session.run(
    `CREATE TABLE data AS SELECT ${names.map((n) => `CAST(${ident(n)} AS VARCHAR) AS ${ident(n)}`).join(', ')} FROM ${read}`,
  );
  return names;
}

async function guess(session: Session, header: string): Promise<Column> {
  const value = `(${sqlTrim(ident(header))})`;
  const reads = guesses.map(({ type }, i) => `count(${kindOf(type).sql(type, 'v')}) AS g${i}`);
  const facts = await session.row(
    `SELECT count(*) AS rows, count(v) AS present, count(DISTINCT v) AS different, max(length(v)) AS longest, count_if(regexp_full_match(v, '0[0-9]+')) AS zeros, count_if(regexp_full_match(v, '[0-9]+[.]0')) AS floats, count_if(lower(v) IN ('true', 'false')) AS booleans, list(DISTINCT v)[:13] AS some, ${reads.join(', ')} FROM (SELECT ${value} AS v FROM data)`,
  );
  const n = (name: string): number => Number(facts[name]);
  const present = n('present');
  const all = (name: string) => present > 0 && n(name) === present;
  const common = {
    header,
    name: snake(header),
    optional: present < n('rows') || present === 0,
    unique: n('different') === n('rows') && n('rows') > 0,
  };
  const found = guesses.find((_, i) => all(`g${i}`));
  if (identifies.test(header) || n('zeros') > 0)
    return { ...common, kind: 'id', code: n('floats') > 0 ? 'id({ floatText: true })' : 'id()' };
  if (all('booleans')) return { ...common, kind: 'boolean', code: 'boolean()' };
  if (found) return { ...common, kind: found.type.is, code: found.code };
  const some = (facts.some as (string | null)[] | null)?.filter((v) => v !== null);
  const repeated = some !== undefined && n('different') <= 12 && present >= n('different') * 5;
  if (repeated)
    return {
      ...common,
      kind: 'enum',
      code: `z.enum([${[...some]
        .sort()
        .map((v) => JSON.stringify(v))
        .join(', ')}])`,
    };
  return { ...common, kind: 'text', code: 'text()' };
}

function contractCode(name: string, columns: readonly Column[]): string {
  const key =
    columns.find((c) => c.unique && !c.optional && c.kind === 'id') ??
    columns.find((c) => c.unique && !c.optional && (c.kind === 'text' || c.kind === 'int'));
  const when = columns.find((c) => c.kind === 'instant' || c.kind === 'date');
  const helpers = [
    ...new Set(columns.map((c) => /^(\w+)\(/.exec(c.code)?.[1]).filter((h): h is string => h !== undefined)),
  ].sort();
  const fields = columns.map((c) => {
    const alias = c.name === c.header ? '' : `.meta({ aliases: [${JSON.stringify(c.header)}] })`;
    return `    ${c.name}: ${c.code}${c.optional ? '.optional()' : ''}${alias},`;
  });
  const variable = snake(name.split('.')[1] ?? name).replace(/_(\w)/g, (_, letter: string) =>
    letter.toUpperCase(),
  );
  return [
    `import * as z from 'zod';`,
    `import { contract } from '../../core/contract/contract.ts';`,
    ...(helpers.length ? [`import { ${helpers.join(', ')} } from '../../core/contract/fields.ts';`] : []),
    ...(when ? [`import { month } from '../../core/contract/partition.ts';`] : []),
    '',
    `export const ${variable} = contract('${name}', {`,
    `  describe: 'What one row is: say it here.',`,
    '  row: z.object({',
    ...fields,
    '  }),',
    ...(key ? [`  key: ['${key.name}'],`] : []),
    ...(when ? [`  partitionBy: month('${when.name}'),`] : []),
    '});',
    '',
  ].join('\n');
}

/** The source of a contract that accepts this file. */
export async function inferContract(file: string, name: string): Promise<string> {
  await access(file).catch(() => {
    throw new WharfError(`There is no file "${file}"`, {
      code: 'file.missing',
      route: 'usage',
      fix: 'Check the path',
    });
  });
  const dir = await mkdtemp(join(tmpdir(), 'wharf-infer-'));
  try {
    const fetched = await fetchFile(createReadStream(file), {
      name: basename(file),
      dir,
      limits: defaultLimits,
    });
    if (!fetched.ok)
      throw new WharfError(`The file cannot be read: ${fetched.reason}`, {
        code: 'infer.unreadable',
        fix: 'See docs/start.md for the formats',
      });
    using engine = await Engine.open({ dir, memoryMb: 1000 });
    return await engine.session(async (session) => {
      const columns: Column[] = [];
      for (const header of await load(session, fetched.file)) columns.push(await guess(session, header));
      return contractCode(name, columns);
    });
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

export async function infer(
  file: string,
  { name }: GlobalOptions & { readonly name: string },
): Promise<number> {
  print((await inferContract(file, name)).trimEnd());
  return exit.done;
}

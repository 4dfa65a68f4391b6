import { suggest } from '../../core/contract/suggest.ts';
import { type DocumentFormat, formats } from '../../core/documents/formats.ts';
import { WharfError } from '../../core/errors.ts';
import { dataset, datasets } from '../../datasets/index.ts';
import { brief, exit, type GlobalOptions, print, printJson, table } from '../output.ts';

/** Lists the datasets. */
export async function listDatasets({ json }: GlobalOptions): Promise<number> {
  const rows = datasets.map((c) => ({
    name: c.name,
    fields: c.fields.length,
    key: c.key,
    partition: c.partitionBy.map((p) => `${p.transform}(${p.field})`),
    describe: c.describe,
  }));
  if (json) printJson(rows);
  else {
    print(
      table(
        ['dataset', 'fields', 'key', 'partition', 'one row is'],
        rows.map((r) => [
          r.name,
          r.fields,
          r.key.join(', ') || undefined,
          r.partition.join(', ') || undefined,
          brief(r.describe),
        ]),
        ['fields'],
      ),
    );
  }
  return exit.done;
}

/** Prints a contract as one of the documents it compiles to. */
export async function showContract(
  name: string,
  { json, format = json ? 'json-schema' : 'markdown' }: GlobalOptions & { readonly format?: string },
): Promise<number> {
  const render = formats[format as DocumentFormat];
  if (!render)
    throw new WharfError(`No format "${format}"`, {
      code: 'contract.unknown_format',
      route: 'usage',
      fix: suggest(format, Object.keys(formats)),
    });
  process.stdout.write(render(dataset(name)));
  return exit.done;
}

import { suggest } from '../../core/contract/suggest.ts';
import { type DocumentFormat, formats } from '../../core/documents/formats.ts';
import { WharfError } from '../../core/errors.ts';
import { dataset, datasets } from '../../datasets/index.ts';
import { approvedIn, approvedOne } from '../approved.ts';
import { brief, exit, type GlobalOptions, print, printJson, table } from '../output.ts';

/** Lists the datasets. */
export async function listDatasets({ state, json }: GlobalOptions): Promise<number> {
  const rows = (await approvedIn(state, datasets)).map(({ contract: c, version }) => ({
    name: c.name,
    version,
    fields: c.fields.length,
    key: c.key,
    partition: c.partitionBy.map((p) => `${p.transform}(${p.field})`),
    describe: c.describe,
  }));
  if (json) printJson(rows);
  else {
    print(
      table(
        ['dataset', 'version', 'fields', 'key', 'partition', 'one row is'],
        rows.map((r) => [
          r.name,
          r.version,
          r.fields,
          r.key.join(', ') || undefined,
          r.partition.join(', ') || undefined,
          brief(r.describe),
        ]),
        ['version', 'fields'],
      ),
    );
  }
  return exit.done;
}

/** Prints a contract as one of the documents it compiles to. */
export async function showContract(
  name: string,
  { state, json, format = json ? 'json-schema' : 'markdown' }: GlobalOptions & { readonly format?: string },
): Promise<number> {
  const render = formats[format as DocumentFormat];
  if (!render)
    throw new WharfError(`No format "${format}"`, {
      code: 'contract.unknown_format',
      route: 'usage',
      fix: suggest(format, Object.keys(formats)),
    });
  const { contract, version } = await approvedOne(state, dataset(name));
  process.stdout.write(render(contract, `1.${version}.0`));
  return exit.done;
}

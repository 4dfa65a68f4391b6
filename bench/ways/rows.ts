import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse';
import parquet from 'parquetjs-lite';
import { judgeRow } from '../../core/contract/row.ts';
import { dataset } from '../../datasets/index.ts';
import type { Way } from './way.ts';

const contract = dataset('onlineretail.invoice_lines');

/** The loop one would write in a Lambda without an engine: parse, zod, parquetjs-lite. */
export const way: Way = {
  threads: 1,
  run: async (_, csv, dir) => {
    const columns = contract.fields.map(({ name }) => [name, { type: 'UTF8', optional: true }] as const);
    const schema = new parquet.ParquetSchema(Object.fromEntries(columns));
    const writer = await parquet.ParquetWriter.openFile(schema, join(dir, 'rows.parquet'));
    const aliases = new Map(
      contract.fields.flatMap((f) => f.aliases.map((alias) => [alias, f.name] as const)),
    );
    const header = (names: string[]): string[] => names.map((name) => aliases.get(name) ?? name);
    let read = 0;
    for await (const row of createReadStream(csv).pipe(parse({ columns: header }))) {
      read++;
      const verdict = judgeRow(contract, row);
      if (verdict.ok)
        await writer.appendRow(
          Object.fromEntries(Object.entries(verdict.row).map(([k, v]) => [k, String(v)])),
        );
    }
    await writer.close();
    return read;
  },
};

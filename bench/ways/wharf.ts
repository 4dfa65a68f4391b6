import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { detect } from '../../core/drift/detect.ts';
import { remember } from '../../core/drift/history.ts';
import type { History } from '../../core/drift/model.ts';
import { evolveSchema, fieldIds, quarantineColumns, tableColumns } from '../../core/lake/schema.ts';
import { dataset } from '../../datasets/index.ts';
import { sampleFile } from '../../platform/drift/sample.ts';
import { openSource } from '../../platform/engine/source.ts';
import { writeAccepted, writeRefused } from '../../platform/engine/write.ts';
import { fetchFile } from '../../platform/fetch/index.ts';
import { defaultLimits } from '../../platform/limits.ts';
import type { Way } from './way.ts';

const contract = dataset('onlineretail.invoice_lines');
const ids = (columns: Parameters<typeof evolveSchema>[1]) =>
  fieldIds(evolveSchema(undefined, columns, 0).schema);

let history: History | undefined;

/** Fetch, look for drift, judge and write: everything `ingest` does but its requests to AWS. Large files are read in parts side by side. */
export const way: Way = {
  threads: 1,
  run: async (engine, csv, dir) => {
    const { rowBytes } = defaultLimits;
    const source = createReadStream(csv, { highWaterMark: 1 << 20 });
    const fetched = await fetchFile(source, { name: 'all.csv', dir, limits: defaultLimits });
    if (!fetched.ok) throw new Error(fetched.reason);
    const sample = await sampleFile(fetched.file, contract, async () => engine, defaultLimits);
    const { fields, order } = detect(contract, sample, history);
    history = remember(history, fields, order);
    return engine.session(async (session) => {
      const opened = await openSource(session, contract, fetched.file, { rowBytes, threads: 2 });
      const common = { delivery: 'bench', prefix: 'bench' };
      const { judged } = await writeAccepted(session, contract, opened, {
        ...common,
        dir: join(dir, 'data'),
        fieldIds: ids(tableColumns(contract)),
      });
      if (judged.quarantined > 0)
        await writeRefused(session, new Date(), {
          ...common,
          dir: join(dir, 'bad'),
          fieldIds: ids(quarantineColumns),
        });
      return judged.read;
    });
  },
};

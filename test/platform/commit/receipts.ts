/** A dataset and deliveries of it that nobody ever wrote: a commit opens no data file. */
import * as z from 'zod';
import { contract } from '../../../core/contract/contract.ts';
import { date, id } from '../../../core/contract/fields.ts';
import { month } from '../../../core/contract/partition.ts';
import type { Manifest } from '../../../core/delivery/model.ts';
import { fieldIds, tableColumns } from '../../../core/lake/schema.ts';
import { currentSchema } from '../../../platform/ingest/schemas.ts';

export const receipts = contract('aging.receipts', {
  describe: 'One line of a receipt.',
  row: z.object({ receipt: id(), shop: id(), day: date() }),
  partitionBy: month('day'),
});
const ids = fieldIds(currentSchema(undefined, tableColumns(receipts)));

/** What a delivery of so many files of one row wrote. */
export function manifestOf(lake: string, delivery: string, files: number): Manifest {
  const stats = { bytes: 300, nulls: 0, min: delivery, max: delivery };
  const data = Array.from({ length: files }, (_, i) => ({
    path: `s3://${lake}/lake/aging/receipts/data/${delivery}_${i}.parquet`,
    ...{ records: 1, bytes: 1000, partition: { day_month: String(672 - i) } },
    columns: { receipt: stats, shop: stats, _delivery: stats },
  }));
  const books = { read: files, accepted: files, quarantined: 0, duplicate: 0, reasons: {} };
  const common = { ...books, delivery, dataset: receipts.name, sha256: delivery };
  return { ...common, data, quarantine: [], fieldIds: ids, refused: false };
}

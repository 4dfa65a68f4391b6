/** After the statements: the books, and the files on the way all files go. */
import { reason } from '../../core/contract/reasons.ts';
import { countedOf } from '../../core/contract/trino/statements.ts';
import { assertBalanced } from '../../core/delivery/books.ts';
import { judgeHeader } from '../../core/delivery/header.ts';
import type { Delivery, Manifest } from '../../core/delivery/model.ts';
import { parseMetadata, schemaOf, type TableMetadata } from '../../core/lake/metadata.ts';
import { fieldIds } from '../../core/lake/schema.ts';
import { stagedFiles } from '../../core/lake/staged.ts';
import { fail, refuse } from '../ingest/entry.ts';
import { handOver } from '../ingest/hand-over.ts';
import { markOf } from '../ingest/identity.ts';
import { parsePath } from '../objects.ts';
import { type DistributeDeps, type Plan, stagingOf } from './model.ts';

const metadataOf = async (
  prefix: string,
  table: 'data' | 'quarantine',
  { warehouse, objects }: DistributeDeps,
): Promise<TableMetadata> => parseMetadata(await objects.read(await warehouse.current(prefix, table)));

/** @param rows what the statement `count` gave */
export async function settle(
  { delivery, prefix, headers, drift }: Plan,
  rows: readonly (readonly unknown[])[],
  deps: DistributeDeps,
): Promise<void> {
  const entry = await deps.ledger.get(delivery);
  const contract = entry && (await deps.contract(entry.dataset));
  if (!contract) return;
  const { whole, broken, outcomes, reasons } = countedOf(rows);
  if (broken > 0) return refuse(entry, reason('unreadable_file', 'lines_broken'), deps);
  const [filled, refused] = [
    await metadataOf(prefix, 'data', deps),
    await metadataOf(prefix, 'quarantine', deps),
  ];
  const [data, quarantine] = [
    await stagedFiles(filled, deps.objects),
    await stagedFiles(refused, deps.objects),
  ];
  const books = { read: whole - headers, ...outcomes };
  assertBalanced(delivery, books, { data, quarantine });
  const manifest: Manifest = {
    ...{ delivery, dataset: contract.name, sha256: markOf(entry), ...books, reasons },
    ...{ data, quarantine, fieldIds: fieldIds(schemaOf(filled)) },
    ...judgeHeader(contract, drift),
  };
  const bytes = new Map([...data, ...quarantine].map((file) => [file.path, file.bytes]));
  const copy = async (target: string, path: string): Promise<void> => {
    const { Bucket: bucket, Key: key } = parsePath(path);
    await deps.objects.copy(target, { bucket, key, bytes: bytes.get(path)! });
  };
  await handOver(manifest, prefix, copy, deps);
}

/** Removes what a run has made for itself. What a run that crashed leaves behind, the bucket's lifecycle does. */
export async function clear(
  prefix: string,
  { warehouse, objects, lakeBucket }: DistributeDeps,
): Promise<void> {
  await warehouse.drop(prefix);
  const left: string[] = [];
  for await (const { path } of objects.list(`${stagingOf(lakeBucket, prefix)}/`)) left.push(path);
  await objects.delete(left);
}

/** Records why a delivery did not get through. */
export async function giveUp(delivery: string, error: Error, deps: DistributeDeps): Promise<void> {
  const entry: Delivery | undefined = await deps.ledger.get(delivery);
  if (entry) await fail(entry, error, deps);
}

/** Before the statements: the object copied to where it cannot change, tables for what they make, and their text. */
import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import type { Partition } from '../../core/contract/model.ts';
import { reason } from '../../core/contract/reasons.ts';
import { type Statements, statementsOf } from '../../core/contract/trino/statements.ts';
import { parseKey } from '../../core/delivery/key.ts';
import type { Delivery } from '../../core/delivery/model.ts';
import { WharfError } from '../../core/errors.ts';
import { formatMetadata } from '../../core/lake/metadata.ts';
import { quarantinePartition } from '../../core/lake/partition.ts';
import type { IcebergSchema } from '../../core/lake/schema.ts';
import { emptyTable } from '../../core/lake/staged.ts';
import { refuse, takeUp } from '../ingest/entry.ts';
import { newPrefix } from '../ingest/publish.ts';
import { lookAt } from './head.ts';
import { type DistributeDeps, type EmptyTable, type Plan, stagingOf } from './model.ts';

/** Bytes: Step Functions carries 256 KB from step to step, and Athena takes a statement of as much. */
const LONGEST = 200_000;

/** @returns the plan; undefined where nothing is left to do */
export async function prepare(delivery: string, deps: DistributeDeps): Promise<Plan | undefined> {
  const entry = await deps.ledger.get(delivery);
  if (!entry)
    throw new WharfError(`The ledger has no delivery ${delivery}`, {
      code: 'delivery.unknown',
      fix: 'Start with the id that `wharf deliveries` shows',
    });
  return (await takeUp(entry, deps)) ? plan(entry, deps) : undefined;
}

async function plan(entry: Delivery, deps: DistributeDeps): Promise<Plan | undefined> {
  const { objects, schemas, warehouse, lakeBucket, limits, tmp, now } = deps;
  const contract = await deps.contract(entry.dataset);
  if (!contract) return no(entry, reason('unknown_dataset', entry.dataset), deps);
  const object = await objects.open(entry.bucket, entry.key, entry.version);
  if (object?.etag !== entry.etag) {
    object?.body.destroy();
    return no(entry, reason('object_missing'), deps);
  }
  await mkdir(tmp, { recursive: true });
  const key = parseKey(entry.key);
  const name = key.ok ? key.name : '';
  const looked = await lookAt(object.body, contract, { name, tmp, limits }).finally(() =>
    object.body.destroy(),
  );
  if (!looked.ok) return no(entry, looked.reason, deps);
  const { lines, headers, ending } = looked;

  const prefix = newPrefix(entry.delivery);
  const under = stagingOf(lakeBucket, prefix);
  const known = await schemas.of(contract);
  const empty = async (zone: string, schema: IcebergSchema, partitionBy: readonly Partition[]) => {
    const [location, uuid] = [`${under}/${zone}`, randomUUID()];
    const metadata = emptyTable({ schema, partitionBy, location, uuid, now: now().getTime() });
    const table: EmptyTable = { path: `${location}/metadata/00000-${uuid}.metadata.json`, metadata };
    await objects.write(table.path, formatMetadata(metadata));
    return table;
  };
  await objects.copy(`${under}/object/file${ending}`, entry);
  const staged = await warehouse.create(prefix, under, {
    data: await empty('data', known.data, contract.partitionBy),
    quarantine: await empty('quarantine', known.quarantine, quarantinePartition),
  });
  const statements = statementsOf(contract, lines, staged, {
    delivery: entry.delivery,
    landedAt: entry.landed_at,
  });
  checkLength(contract.name, statements);
  const { missing, unknown } = lines;
  return { delivery: entry.delivery, prefix, headers, statements, drift: { unknown, missing } };
}

async function no(entry: Delivery, why: string, deps: DistributeDeps): Promise<undefined> {
  await refuse(entry, why, deps);
}

function checkLength(dataset: string, statements: Statements): void {
  const length = Buffer.byteLength(JSON.stringify(statements));
  if (length > LONGEST)
    throw new WharfError(`The SQL of ${dataset} for Trino has ${length} bytes, of ${LONGEST} it may have`, {
      code: 'distribute.contract_too_large',
      fix: 'Split the dataset, or land its files in parts that stay below `distributed.over`',
    });
}

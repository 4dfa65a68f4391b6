/** What a dataset looks like in the end, to a reader, to the ledger and to `wharf fsck`. */
import { companionPath, type Delivery, type Manifest } from '../../../core/delivery/model.ts';
import type { Catalog } from '../../../core/lake/model.ts';
import { removeOrphans } from '../../../platform/audit.ts';
import type { Engine } from '../../../platform/engine/duckdb.ts';
import { quarantineTable } from '../../../platform/ingest/schemas.ts';
import { Lake } from '../../../platform/query.ts';
import { books, type TestCloud } from '../support.ts';
import type { Pipeline } from './pipeline.ts';

export type Outcome = Awaited<ReturnType<typeof outcomeOf>>;

export async function outcomeOf({ contract, inOrder }: Pipeline, cloud: TestCloud, engine: Engine) {
  const found = await cloud.audit(contract);
  const orphans = await removeOrphans(found, cloud.objects);
  // What was left over is gone, and nothing that somebody needs went with it.
  const left = orphans.length > 0 ? await cloud.audit(contract) : found;
  const rowsOf = (table: string, columns: string, order?: string) =>
    rowsIn({ table, columns, order }, cloud, engine);
  // What a worker of events left unfinished is closed, and another delivery has its events.
  const entries = (await cloud.deliveries(contract.name))
    .filter(({ engine: by, state }) => !(by === 'node' && state === 'failed'))
    .sort((a, b) => (a.order < b.order ? -1 : 1));
  return {
    rows: await rowsOf(contract.name, 'user_id, age, gender, device, _row'),
    // As they were posted, where that is promised.
    inOrder: inOrder && (await rowsOf(contract.name, 'user_id', '_delivery, _row')),
    refused: await rowsOf(quarantineTable(contract.name), '_row, raw, reasons, origin_row, release'),
    entries: entries.map(books),
    companions: await Promise.all(entries.map((entry) => companionOf(cloud, entry))),
    wrong: left.map(({ code, what, path }) => ({ code, what, path })),
  };
}

/** A table's rows; none where it was never made. The lake shows nothing but this table: there are many beside it. */
async function rowsIn(
  { table, columns, order = 'ALL' }: { table: string; columns: string; order?: string },
  cloud: TestCloud,
  engine: Engine,
) {
  const pointer = await cloud.catalog.current(table);
  if (!pointer) return [];
  const catalog = { list: async () => [table], current: async () => pointer } as unknown as Catalog;
  const lake = new Lake({ ...cloud, catalog, engine, cacheDir: `${cloud.env.WHARF_TMP}/cache` });
  return (await lake.query(`SELECT ${columns} FROM ${table} ORDER BY ${order}`)).rows;
}

/** What a delivery's companion metadata says; whether it agrees with the ledger and the manifest. */
async function companionOf({ objects }: TestCloud, { manifest, delivery, ended_at, snapshot }: Delivery) {
  if (!manifest) return undefined;
  const read = async (path: string) => JSON.parse(new TextDecoder().decode(await objects.read(path)));
  const { data, quarantine }: Manifest = await read(manifest);
  const said = await read(companionPath({ delivery, manifest })).catch(() => undefined);
  if (!said) return undefined;
  return {
    ...{ state: said.state, books: said.books, columns: said.columns, reasons: said.reasons },
    closedAsTold: said.ended_at === ended_at && String(said.snapshot) === String(snapshot),
    filesAsWritten:
      JSON.stringify(said.files.map((file: { path: string }) => file.path)) ===
      JSON.stringify([...data, ...quarantine].map(({ path }) => path)),
  };
}

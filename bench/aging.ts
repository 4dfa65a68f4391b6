/** A table that ages: one delivery a commit, through the real code on the local S3 and DynamoDB. */
import { type Delivery, emptyBooks } from '../core/delivery/model.ts';
import { manifestsOf } from '../core/lake/scan.ts';
import { loadTable } from '../core/lake/table.ts';
import { Meter } from '../local/meter.ts';
import { awsClients, type Env } from '../platform/aws.ts';
import { DynamoCatalog } from '../platform/catalog/dynamodb.ts';
import { commitDeliveries } from '../platform/commit/commit.ts';
import { Tables } from '../platform/commit/tables.ts';
import { Ledger } from '../platform/ledger.ts';
import { ObjectStore } from '../platform/objects.ts';
import { applyRevision } from '../platform/revisions/apply.ts';
import type { ReviseDeps } from '../platform/revisions/model.ts';
import { Revisions } from '../platform/revisions/revisions.ts';
import { manifestOf, receipts } from '../test/platform/commit/receipts.ts';

const START = Date.UTC(2026, 0, 1);
const MINUTE = 60_000;

/** What a table is made of at one moment. */
export interface Grown {
  readonly snapshots: number;
  readonly manifests: number;
  readonly listBytes: number;
  readonly metadataBytes: number;
  /** Objects in the table's folder of metadata. */
  readonly objects: number;
}

/** As much as a bound of a column keeps tells them apart. */
const idOf = (age: number): string => age.toString(16).padStart(8, '0').padEnd(32, '0');

export class AgingTable {
  readonly meter = new Meter();
  readonly #clients;
  readonly #lake: string;
  readonly #catalog: DynamoCatalog;
  readonly #deps: ReviseDeps & { readonly objects: ObjectStore };
  age = 0;

  constructor(env: Env) {
    const [lakeBucket, tableName] = [env.WHARF_LAKE_BUCKET!, env.WHARF_LEDGER_TABLE!];
    this.#lake = lakeBucket;
    this.#clients = this.meter.watch(awsClients(env));
    const { s3, dynamodb: client } = this.#clients;
    this.#catalog = new DynamoCatalog({ client, tableName });
    const [objects, catalog] = [new ObjectStore(s3), this.#catalog];
    // The clock goes with the commits, one a minute: for a week no snapshot is past its retention.
    const now = () => new Date(START + this.age * MINUTE);
    const tables = new Tables({ catalog, objects, lakeBucket, retentionDays: 7, now });
    const [ledger, revisions] = [new Ledger(client, tableName), new Revisions(client, tableName)];
    this.#deps = { contract: () => receipts, objects, ledger, revisions, tables, now };
  }

  /** Writes deliveries that wait for their commit. @returns their commit, counted by the meter */
  async prepare(files: number, deliveries = 1): Promise<() => Promise<void>> {
    const ids = Array.from({ length: deliveries }, () => idOf(++this.age));
    for (const id of ids) await this.#write(id, files);
    this.meter.reset();
    return () => commitDeliveries(receipts.name, ids, this.#deps);
  }

  /** Asks for a delivery to be undone, by its number. @returns how that is done */
  async undo(number: number): Promise<() => Promise<void>> {
    const deliveries = [idOf(number)];
    const asked = { dataset: receipts.name, asked: { what: 'undo', deliveries }, by: 'bench' } as const;
    const { id } = await this.#deps.revisions.open(asked, this.#deps.now());
    this.meter.reset();
    return async () => {
      await applyRevision(id, receipts.name, this.#deps);
      const { why } = (await this.#deps.revisions.get(id))!;
      if (why) throw new Error(why.message);
    };
  }

  async #write(delivery: string, files: number): Promise<void> {
    const { objects, ledger, now } = this.#deps;
    const manifest = `s3://${this.#lake}/deliveries/aging/receipts/${delivery}.manifest.json`;
    const document = manifestOf(this.#lake, delivery, files);
    await objects.write(manifest, new TextEncoder().encode(JSON.stringify(document)));
    const at = now().toISOString();
    const entry: Delivery = {
      ...{ ...emptyBooks, delivery, dataset: receipts.name, sha256: delivery, manifest, reasons: {} },
      ...{ bucket: 'landing', key: `landing/aging/receipts/${delivery}.csv`, etag: delivery, order: at },
      ...{
        bytes: 1000,
        files,
        landed_at: at,
        started_at: at,
        attempts: 1,
        state: 'written',
        engine: 'duckdb',
      },
    };
    await ledger.open(entry);
  }

  async grown(): Promise<Grown> {
    const { objects } = this.#deps;
    const { path, metadata } = (await loadTable(this.#catalog, objects, receipts.name))!;
    const newest = metadata.snapshots.at(-1)!;
    const stored = await Array.fromAsync(objects.list(`${metadata.location}/metadata/`));
    const bytes = new Map(stored.map((object) => [object.path, object.bytes]));
    return {
      snapshots: metadata.snapshots.length,
      manifests: (await manifestsOf(newest, objects)).length,
      listBytes: bytes.get(newest['manifest-list'])!,
      metadataBytes: bytes.get(path)!,
      objects: stored.length,
    };
  }

  [Symbol.dispose](): void {
    for (const client of Object.values(this.#clients)) client.destroy();
  }
}

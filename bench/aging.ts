/** A table that ages: one delivery a commit, through the real code on the local S3 and DynamoDB. */
import { type Delivery, emptyBooks } from '../core/delivery/model.ts';
import { manifestsOf } from '../core/lake/scan.ts';
import { loadTable } from '../core/lake/table.ts';
import { Meter } from '../local/meter.ts';
import { awsClients, type Env } from '../platform/aws.ts';
import { DynamoCatalog } from '../platform/catalog/dynamodb.ts';
import { commitDeliveries } from '../platform/commit/commit.ts';
import type { CommitDeps } from '../platform/commit/model.ts';
import { Tables } from '../platform/commit/tables.ts';
import { Ledger } from '../platform/ledger.ts';
import { ObjectStore } from '../platform/objects.ts';
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

export class AgingTable {
  readonly meter = new Meter();
  readonly #clients;
  readonly #lake: string;
  readonly #catalog: DynamoCatalog;
  readonly #deps: CommitDeps & { readonly objects: ObjectStore };
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
    this.#deps = { contract: () => receipts, objects, ledger: new Ledger(client, tableName), tables, now };
  }

  /** Writes a delivery that waits for its commit. @returns its commit, counted by the meter */
  async prepare(files: number): Promise<() => Promise<void>> {
    const { objects, ledger, now } = this.#deps;
    const delivery = (++this.age).toString(16).padStart(32, '0');
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
    this.meter.reset();
    return () => commitDeliveries(receipts.name, [delivery], this.#deps);
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

/** A dataset on the local cloud whose deliveries nobody had to write: they wait for the committer, and land in its order. */
import * as z from 'zod';
import { contract } from '../../../core/contract/contract.ts';
import { id } from '../../../core/contract/fields.ts';
import type { Contract } from '../../../core/contract/model.ts';
import type { DataFile } from '../../../core/lake/model.ts';
import { liveFiles } from '../../../core/lake/scan.ts';
import { fieldIds, tableColumns } from '../../../core/lake/schema.ts';
import { loadTable } from '../../../core/lake/table.ts';
import type { Asked } from '../../../core/revision/model.ts';
import { commitDeliveries } from '../../../platform/commit/commit.ts';
import { Tables } from '../../../platform/commit/tables.ts';
import { lakePaths } from '../../../platform/ingest/publish.ts';
import { currentSchema, quarantineTable } from '../../../platform/ingest/schemas.ts';
import { applyRevision } from '../../../platform/revisions/apply.ts';
import type { ReviseDeps } from '../../../platform/revisions/model.ts';
import type { TestCloud } from '../../pipeline/support.ts';

let datasets = 0;
const BODY = new Uint8Array(9);

export class Real {
  readonly contract: Contract;
  readonly #cloud: TestCloud;
  readonly #deps: ReviseDeps;
  #landed = 0;

  constructor(cloud: TestCloud) {
    this.contract = contract(`model.d${datasets++}`, { describe: 'x', row: z.object({ code: id() }) });
    this.#cloud = cloud;
    const { objects, ledger, revisions, catalog, env } = cloud;
    const now = () => new Date();
    const options = { catalog, objects, lakeBucket: env.WHARF_LAKE_BUCKET!, retentionDays: 7, now };
    this.#deps = {
      contract: () => this.contract,
      objects,
      ledger,
      revisions,
      tables: new Tables(options),
      now,
    };
  }

  /** Lands a content under a key; its number says how many of its rows are fine. @returns the delivery */
  async land(key: string, content: number): Promise<string> {
    const { contract: of } = this;
    const delivery = `${of.dataset}x${this.#landed++}`;
    const paths = lakePaths(this.#cloud.env.WHARF_LAKE_BUCKET!, of);
    const [accepted, quarantined] = [content % 3, content % 3 === 0 ? 2 : content % 2];
    const file = (location: string, records: number): DataFile => ({
      path: `${location}/data/${delivery}_0.parquet`,
      ...{ records, bytes: BODY.length, partition: {}, columns: {} },
    });
    const data = accepted > 0 ? [file(paths.data, accepted)] : [];
    const quarantine = quarantined > 0 ? [file(paths.quarantine, quarantined)] : [];
    for (const { path } of [...data, ...quarantine]) await this.#cloud.objects.write(path, BODY);
    const books = { read: accepted + quarantined, accepted, quarantined, duplicate: 0, reasons: {} };
    const common = { ...books, delivery, dataset: of.name, sha256: `content ${content}` };
    const ids = fieldIds(currentSchema(undefined, tableColumns(of)));
    const document = { ...common, data, quarantine, fieldIds: ids, refused: accepted === 0 };
    const manifest = `${paths.deliveries}/${delivery}.manifest.json`;
    await this.#cloud.objects.write(manifest, new TextEncoder().encode(JSON.stringify(document)));
    const at = new Date().toISOString();
    await this.#cloud.ledger.open({
      ...{ ...common, manifest, landed_at: at, started_at: at, bucket: 'landing', key: `${of.name}/${key}` },
      ...{ etag: 'e', order: String(this.#landed).padStart(4, '0'), bytes: 9, files: 1 },
      ...{ state: 'written', engine: 'duckdb' },
    });
    await commitDeliveries(of.name, [delivery, delivery], this.#deps);
    return delivery;
  }

  /** Asks for a revision and does it, twice as queues do. */
  async revise(asked: Asked): Promise<void> {
    const request = { dataset: this.contract.name, asked, by: 'the test' };
    const { id } = await this.#deps.revisions.open(request, new Date());
    for (let i = 0; i < 2; i++) await applyRevision(id, this.contract.name, this.#deps);
  }

  async snapshot(): Promise<string | undefined> {
    const base = await this.#table(this.contract.name);
    return base && String(base.metadata['current-snapshot-id']);
  }

  /** Rows of each delivery, in the table and in its quarantine. */
  async rows(): Promise<Record<string, [accepted: number, quarantined: number]>> {
    const found: Record<string, [number, number]> = {};
    for (const [i, name] of [this.contract.name, quarantineTable(this.contract.name)].entries()) {
      const base = await this.#table(name);
      for (const { delivery, records } of base ? await liveFiles(base.metadata, this.#cloud.objects) : []) {
        found[delivery] ??= [0, 0];
        found[delivery][i] = records;
      }
    }
    return found;
  }

  entries = () => this.#cloud.deliveries(this.contract.name);
  wrong = () => this.#cloud.audit(this.contract);
  #table = (name: string) => loadTable(this.#cloud.catalog, this.#cloud.objects, name);
}

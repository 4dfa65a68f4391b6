/** The two tables of a dataset, committed together: first the data, then the quarantine. */
import { randomBytes } from 'node:crypto';
import type { Contract } from '../../core/contract/model.ts';
import type { Manifest } from '../../core/delivery/model.ts';
import { WharfError } from '../../core/errors.ts';
import type { Retention } from '../../core/lake/expire.ts';
import type { Catalog, Files } from '../../core/lake/model.ts';
import { movedDeliveries } from '../../core/lake/moved.ts';
import { quarantinePartition } from '../../core/lake/partition.ts';
import { commitRevision, type Revised } from '../../core/lake/revision.ts';
import { type FieldIds, fieldIds, quarantineTableColumns, tableColumns } from '../../core/lake/schema.ts';
import { type CommitOptions, commitChange, expireSnapshots, loadTable } from '../../core/lake/table.ts';
import type { Outcome } from '../../core/revision/model.ts';
import { lakePaths } from '../ingest/publish.ts';
import { currentSchema, quarantineTable } from '../ingest/schemas.ts';
import { remembering } from './remembering.ts';

export interface TablesOptions {
  readonly catalog: Catalog;
  readonly objects: Files;
  readonly lakeBucket: string;
  readonly retentionDays: number;
  readonly now: () => Date;
}

export interface Batch {
  /** What becomes visible. */
  readonly manifests: readonly Manifest[];
  /** Deliveries whose rows leave the tables. */
  readonly remove: readonly string[];
  /** Every delivery the batch settles. */
  readonly deliveries: readonly string[];
  /** When the first of them began. */
  readonly since: Date;
}

/** Snapshots that stay whatever their age, and every how many commits expiry runs. */
const KEEP = 10;
const EXPIRE_EVERY = 20;
/**
 * Every commit writes the list of all snapshots, so a table may not keep each of a busy week: the newest hundred stay,
 * and before them the last of each span, an hour where the retention is seven days.
 */
const RECENT = 100;
const SPANS = 168;
const DAY = 86_400_000;
/** How far the clocks of two functions may be apart. */
const SKEW = 60_000;

/** The lists of all snapshots that a table keeps are a few megabytes. */
const REMEMBERED_BYTES = 32 << 20;

export class Tables {
  readonly #options: TablesOptions;
  readonly #files: Files;

  constructor(options: TablesOptions) {
    this.#options = options;
    this.#files = remembering(options.objects, REMEMBERED_BYTES);
  }

  /**
   * Makes a batch visible.
   * @returns the snapshot of the data table; undefined where no row was accepted
   */
  async commit(
    contract: Contract,
    { manifests, remove, deliveries, since }: Batch,
  ): Promise<string | undefined> {
    const paths = this.locations(contract);
    const columns = tableColumns(contract);
    const data = await this.open(contract.name);
    const now = this.#after(data);
    const common = { remove, deliveries, since: since.getTime() - SKEW, now };
    const schemas = [...(data.base?.metadata.schemas ?? []), currentSchema(data.base?.metadata, columns)];
    checkFieldIds(contract.name, Object.assign({}, ...schemas.map(fieldIds)), manifests);
    const snapshot = await commitChange(
      {
        ...common,
        columns,
        location: paths.data,
        partitionBy: contract.partitionBy,
        append: manifests.flatMap((manifest) => manifest.data),
      },
      data,
    );
    await this.#expire(data);
    const append = manifests.flatMap((manifest) => manifest.quarantine);
    if (append.length + remove.length > 0) {
      const quarantine = await this.open(quarantineTable(contract.name));
      await commitChange(
        {
          ...common,
          columns: quarantineTableColumns,
          location: paths.quarantine,
          partitionBy: quarantinePartition,
          append,
        },
        quarantine,
      );
      // What the one can be taken back to, the other can be.
      await this.#expire(
        quarantine,
        data.base?.metadata.snapshots.map((s) => s['timestamp-ms']),
      );
    }
    return snapshot === undefined ? undefined : String(snapshot);
  }

  /** Those of some deliveries that cannot leave the tables, and why. */
  async moved(contract: Contract, deliveries: readonly string[]): Promise<Map<string, WharfError>> {
    if (deliveries.length === 0) return new Map();
    const moved = [contract.name, quarantineTable(contract.name)].map(async (table) => {
      const { base } = await this.open(table);
      return base ? [...(await movedDeliveries(base.metadata, deliveries, this.#files))] : [];
    });
    return new Map((await Promise.all(moved)).flat());
  }

  /** Where the two tables of a dataset stand. */
  locations = (contract: Contract) => lakePaths(this.#options.lakeBucket, contract);

  /** A table as it is now, to be changed. */
  async open(table: string): Promise<CommitOptions> {
    const { catalog } = this.#options;
    const base = await loadTable(catalog, this.#files, table);
    return { catalog, files: this.#files, table, base, nonce: () => randomBytes(16).toString('hex') };
  }

  /** Now, and later than all that was: of two snapshots, time tells which came first. */
  #after(...tables: readonly CommitOptions[]): number {
    const last = tables.map(({ base }) => base?.metadata['last-updated-ms'] ?? 0);
    return Math.max(this.#options.now().getTime(), ...last.map((ms) => ms + 1));
  }

  /** Makes a revision of both tables of a dataset. @returns the snapshots it made */
  async revise(
    contract: Contract,
    id: string,
    revised: { readonly data: Revised; readonly quarantine: Revised },
  ): Promise<Pick<Outcome, 'snapshot' | 'quarantine_snapshot'>> {
    const [data, quarantine] = await Promise.all([
      this.open(contract.name),
      this.open(quarantineTable(contract.name)),
    ]);
    const now = this.#after(data, quarantine);
    const snapshot = await commitRevision({ id, ...revised.data, now }, data);
    const other = await commitRevision({ id, ...revised.quarantine, now }, quarantine);
    return {
      ...(snapshot !== undefined && { snapshot: String(snapshot) }),
      ...(other !== undefined && { quarantine_snapshot: String(other) }),
    };
  }

  /** Every so many commits of a table, whichever processes made them. */
  async #expire(table: CommitOptions, moments?: readonly number[]): Promise<void> {
    const { 'last-sequence-number': commits = 0 } = table.base?.metadata ?? {};
    if ((commits + 1) % EXPIRE_EVERY !== 0) return;
    const retention = retentionOf(this.#options.retentionDays, this.#options.now());
    await expireSnapshots({ ...retention, moments }, table);
  }
}

/** What a table keeps of its snapshots. */
export function retentionOf(days: number, now: Date): Retention {
  const retention = days * DAY;
  return { olderThan: now.getTime() - retention, keep: KEEP, recent: RECENT, span: retention / SPANS };
}

/** Files with other ids than the table's would show values in the wrong columns; columns they lack are no harm. */
function checkFieldIds(dataset: string, expected: FieldIds, manifests: readonly Manifest[]): void {
  const differs = ([name, id]: [string, unknown]) => JSON.stringify(id) !== JSON.stringify(expected[name]);
  const stale = manifests.find((m) => m.data.length > 0 && Object.entries(m.fieldIds).some(differs));
  if (stale)
    throw new WharfError(`Delivery ${stale.delivery} was written for another schema of ${dataset}`, {
      code: 'commit.schema_moved',
      fix: 'The contract was deployed while it was under way: land the file again',
    });
}

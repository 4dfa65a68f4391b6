/** The two tables of a dataset, committed together: first the data, then the quarantine. */
import { randomBytes } from 'node:crypto';
import type { Contract } from '../../core/contract/model.ts';
import type { Manifest } from '../../core/delivery/model.ts';
import { WharfError } from '../../core/errors.ts';
import type { Catalog } from '../../core/lake/model.ts';
import { quarantinePartition } from '../../core/lake/partition.ts';
import { fieldIds, quarantineColumns, tableColumns } from '../../core/lake/schema.ts';
import { commitChange, expireSnapshots } from '../../core/lake/table.ts';
import { lakePaths } from '../ingest/publish.ts';
import { quarantineTable, Schemas } from '../ingest/schemas.ts';
import type { ObjectStore } from '../objects.ts';

export interface TablesOptions {
  readonly catalog: Catalog;
  readonly objects: ObjectStore;
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
}

/** Snapshots that stay whatever their age, and every how many commits expiry runs. */
const KEEP = 10;
const EXPIRE_EVERY = 20;
const DAY = 86_400_000;

export class Tables {
  readonly #options: TablesOptions;
  readonly #schemas: Schemas;
  readonly #commits = new Map<string, number>();

  constructor(options: TablesOptions) {
    this.#options = options;
    this.#schemas = new Schemas(options.catalog, options.objects);
  }

  /**
   * Makes a batch visible.
   * @returns the snapshot of the data table; undefined where no row was accepted
   */
  async commit(contract: Contract, { manifests, remove, deliveries }: Batch): Promise<string | undefined> {
    await this.#checkFieldIds(contract, manifests);
    const paths = lakePaths(this.#options.lakeBucket, contract);
    const common = { remove, deliveries, now: this.#options.now().getTime() };
    const snapshot = await commitChange(
      {
        ...common,
        location: paths.data,
        columns: tableColumns(contract),
        partitionBy: contract.partitionBy,
        append: manifests.flatMap(({ data }) => data),
      },
      this.#table(contract.name),
    );
    await commitChange(
      {
        ...common,
        location: paths.quarantine,
        columns: quarantineColumns,
        partitionBy: quarantinePartition,
        append: manifests.flatMap(({ quarantine }) => quarantine),
      },
      this.#table(quarantineTable(contract.name)),
    );
    await this.#expire(contract.name);
    return snapshot === undefined ? undefined : String(snapshot);
  }

  #table(table: string) {
    const { catalog, objects } = this.#options;
    return { catalog, files: objects, table, nonce: () => randomBytes(16).toString('hex') };
  }

  /** Files written against a schema that has moved on since would show values in the wrong columns. */
  async #checkFieldIds(contract: Contract, manifests: readonly Manifest[]): Promise<void> {
    const expected = JSON.stringify(fieldIds((await this.#schemas.of(contract)).data));
    const stale = manifests.find((m) => m.data.length > 0 && JSON.stringify(m.fieldIds) !== expected);
    if (stale)
      throw new WharfError(`Delivery ${stale.delivery} was written for another schema of ${contract.name}`, {
        code: 'commit.schema_moved',
        fix: 'The contract was deployed while it was under way: land the file again',
      });
  }

  async #expire(table: string): Promise<void> {
    const commits = (this.#commits.get(table) ?? 0) + 1;
    this.#commits.set(table, commits);
    if (commits % EXPIRE_EVERY !== 0) return;
    const olderThan = this.#options.now().getTime() - this.#options.retentionDays * DAY;
    for (const name of [table, quarantineTable(table)])
      await expireSnapshots({ olderThan, keep: KEEP }, this.#table(name));
  }
}

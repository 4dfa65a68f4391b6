/** The road of a file that no function can hold. ADR 8 says why it goes as it does. */
import type { Staged, Statements } from '../../core/contract/trino/statements.ts';
import type { Drift } from '../../core/delivery/model.ts';
import type { TableMetadata } from '../../core/lake/metadata.ts';
import type { FindContract } from '../drift/registry.ts';
import type { AskCommit } from '../ingest/ask-commit.ts';
import type { Schemas } from '../ingest/schemas.ts';
import type { Ledger } from '../ledger.ts';
import type { Limits } from '../limits.ts';
import type { Lineage } from '../lineage.ts';
import type { ObjectStore } from '../objects.ts';

/** What the statements are about, and what is to be known when they are through. */
export interface Plan {
  readonly delivery: string;
  /** Names everything this run makes; another run of the same delivery has another. */
  readonly prefix: string;
  /** Lines of the file that are no record. */
  readonly headers: number;
  readonly drift: Drift;
  readonly statements: Statements;
}

/** A table to be filled, and where the metadata of it while empty stands. */
export interface EmptyTable {
  readonly path: string;
  readonly metadata: TableMetadata;
}

/** The tables of one run, where Trino finds them. */
export interface Warehouse {
  /** @param under folder of the run; `object/` in it has the file */
  create(
    prefix: string,
    under: string,
    tables: { readonly data: EmptyTable; readonly quarantine: EmptyTable },
  ): Promise<Staged>;
  /** Path of the metadata that now describes a table. */
  current(prefix: string, table: 'data' | 'quarantine'): Promise<string>;
  /** Forgets the tables, those of them there are. */
  drop(prefix: string): Promise<void>;
}

export interface DistributeDeps extends Lineage {
  readonly contract: FindContract;
  readonly objects: ObjectStore;
  readonly ledger: Ledger;
  readonly schemas: Schemas;
  readonly warehouse: Warehouse;
  readonly askCommit: AskCommit;
  readonly lakeBucket: string;
  readonly limits: Limits;
  /** Folder for files in the making. */
  readonly tmp: string;
  readonly now: () => Date;
}

/** Where a run keeps what only it needs. */
export const stagingOf = (bucket: string, prefix: string): string => `s3://${bucket}/staging/${prefix}`;

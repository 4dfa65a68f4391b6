/** The schemas files are written with: the tables' own, evolved by the contract. */
import type { Contract } from '../../core/contract/model.ts';
import { schemaOf, type TableMetadata } from '../../core/lake/metadata.ts';
import type { Catalog, Files } from '../../core/lake/model.ts';
import {
  evolveSchema,
  type IcebergSchema,
  quarantineTableColumns,
  tableColumns,
  type WantedField,
} from '../../core/lake/schema.ts';
import { loadTable } from '../../core/lake/table.ts';

/** The name of a dataset's quarantine table. */
export const quarantineTable = (dataset: string): string => `${dataset}__quarantine`;

/** The schema a table has once it holds `columns`. */
export const currentSchema = (
  metadata: TableMetadata | undefined,
  columns: readonly WantedField[],
): IcebergSchema =>
  evolveSchema(metadata && schemaOf(metadata), columns, metadata?.['last-column-id'] ?? 0, metadata?.schemas)
    .schema;

interface ContractSchemas {
  readonly data: IcebergSchema;
  readonly quarantine: IcebergSchema;
}

/**
 * How long a dataset's schemas are taken for what they were. They only move when a contract is deployed, and the
 * committer refuses files that were written for the schema before.
 */
const FRESH_MS = 2_000;

export class Schemas {
  readonly #catalog: Catalog;
  readonly #files: Files;
  readonly #known = new Map<
    Contract,
    { readonly until: number; readonly schemas: Promise<ContractSchemas> }
  >();

  constructor(catalog: Catalog, files: Files) {
    this.#catalog = catalog;
    this.#files = files;
  }

  /** Schemas for the data and the quarantine of a dataset. */
  of(contract: Contract): Promise<ContractSchemas> {
    const known = this.#known.get(contract);
    if (known && performance.now() < known.until) return known.schemas;
    const schemas = this.#read(contract);
    this.#known.set(contract, { schemas, until: performance.now() + FRESH_MS });
    schemas.catch(() => this.#known.delete(contract));
    return schemas;
  }

  async #read(contract: Contract): Promise<ContractSchemas> {
    const [data, quarantine] = await Promise.all([
      this.#schema(contract.name, tableColumns(contract)),
      this.#schema(quarantineTable(contract.name), quarantineTableColumns),
    ]);
    return { data, quarantine };
  }

  async #schema(table: string, columns: readonly WantedField[]): Promise<IcebergSchema> {
    return currentSchema((await loadTable(this.#catalog, this.#files, table))?.metadata, columns);
  }
}

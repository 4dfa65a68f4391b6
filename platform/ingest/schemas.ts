/** The schemas files are written with: the tables' own, evolved by the contract. */
import type { Contract } from '../../core/contract/model.ts';
import { parseMetadata, schemaOf, type TableMetadata } from '../../core/lake/metadata.ts';
import type { Catalog, Files } from '../../core/lake/model.ts';
import {
  evolveSchema,
  type IcebergSchema,
  quarantineColumns,
  tableColumns,
  type WantedField,
} from '../../core/lake/schema.ts';

/** The name of a dataset's quarantine table. */
export const quarantineTable = (dataset: string): string => `${dataset}__quarantine`;

export class Schemas {
  readonly #catalog: Catalog;
  readonly #files: Files;
  /** Metadata files never change, so what was read once is good for ever. */
  readonly #read = new Map<string, TableMetadata>();

  constructor(catalog: Catalog, files: Files) {
    this.#catalog = catalog;
    this.#files = files;
  }

  /** Schemas for the data and the quarantine of a dataset. */
  async of(contract: Contract): Promise<{ data: IcebergSchema; quarantine: IcebergSchema }> {
    const [data, quarantine] = await Promise.all([
      this.#schema(contract.name, tableColumns(contract)),
      this.#schema(quarantineTable(contract.name), quarantineColumns),
    ]);
    return { data, quarantine };
  }

  async #schema(table: string, columns: readonly WantedField[]): Promise<IcebergSchema> {
    const path = await this.#catalog.current(table);
    const current = path === undefined ? undefined : await this.#metadata(path, table);
    return evolveSchema(current && schemaOf(current), columns, current?.['last-column-id'] ?? 0).schema;
  }

  async #metadata(path: string, table: string): Promise<TableMetadata> {
    const known = this.#read.get(path);
    if (known) return known;
    const metadata = parseMetadata(await this.#files.read(path));
    for (const old of this.#read.keys())
      if (old.includes(`/${table.replace('.', '/')}/`)) this.#read.delete(old);
    this.#read.set(path, metadata);
    return metadata;
  }
}

/**
 * The catalog in AWS Glue, where Athena, Trino and Spark find the tables. Entries are written as Iceberg's own Glue
 * catalogs write them, so that those may commit to the same tables.
 */
import {
  AlreadyExistsException,
  ConcurrentModificationException,
  CreateTableCommand,
  EntityNotFoundException,
  GetTableCommand,
  type GlueClient,
  paginateGetTables,
  type Table,
  type TableInput,
  UpdateTableCommand,
} from '@aws-sdk/client-glue';
import { glueColumns } from '../../core/documents/glue.ts';
import { WharfError } from '../../core/errors.ts';
import type { TableMetadata } from '../../core/lake/metadata.ts';
import type { Catalog } from '../../core/lake/model.ts';
import { refused } from './refused.ts';

export interface GlueCatalogOptions {
  readonly client: GlueClient;
  /** What a database's name has after its domain's. */
  readonly suffix: string;
  /** Whose tables are listed. */
  readonly domains: readonly string[];
}

/** What Glue answers when another writer was first. */
const LOST = [AlreadyExistsException, ConcurrentModificationException, EntityNotFoundException];

const isIceberg = ({ Parameters }: Table): boolean => Parameters?.table_type?.toUpperCase() === 'ICEBERG';

export class GlueCatalog implements Catalog {
  readonly #client: GlueClient;
  readonly #suffix: string;
  readonly #domains: readonly string[];

  constructor({ client, suffix, domains }: GlueCatalogOptions) {
    this.#client = client;
    this.#suffix = suffix;
    this.#domains = domains;
  }

  async current(table: string): Promise<string | undefined> {
    return (await this.#find(table))?.Parameters?.metadata_location;
  }

  /** @throws WharfError `catalog.conflict`, `catalog.no_database`, `catalog.not_iceberg` */
  async swap(
    table: string,
    expected: string | undefined,
    next: string,
    metadata: TableMetadata,
  ): Promise<void> {
    const found = await this.#find(table);
    if (found?.Parameters?.metadata_location !== expected) return refused(this, table, next);
    const { DatabaseName, Name } = this.#address(table);
    const TableInput = icebergEntry(Name, found, next, metadata);
    try {
      // Glue takes the change only at the version that was read just now. Versions are not archived: an account may
      // have so many of them, and the metadata keeps the history.
      if (found)
        await this.#client.send(
          new UpdateTableCommand({ DatabaseName, TableInput, VersionId: found.VersionId, SkipArchive: true }),
        );
      else await this.#client.send(new CreateTableCommand({ DatabaseName, TableInput }));
    } catch (cause) {
      if (!found && cause instanceof EntityNotFoundException) throw noDatabase(DatabaseName, cause);
      if (!LOST.some((lost) => cause instanceof lost)) throw cause;
      await refused(this, table, next, cause);
    }
  }

  async list(): Promise<readonly string[]> {
    const tables = await Promise.all(this.#domains.map((domain) => this.#tablesOf(domain)));
    return tables.flat().sort();
  }

  async #tablesOf(domain: string): Promise<string[]> {
    const tables: string[] = [];
    try {
      const pages = paginateGetTables({ client: this.#client }, { DatabaseName: domain + this.#suffix });
      for await (const { TableList = [] } of pages)
        tables.push(...TableList.filter(isIceberg).map(({ Name }) => `${domain}.${Name}`));
    } catch (error) {
      if (!(error instanceof EntityNotFoundException)) throw error;
    }
    return tables;
  }

  #address(table: string): { readonly DatabaseName: string; readonly Name: string } {
    const [domain = '', Name = ''] = table.split('.');
    return { DatabaseName: domain + this.#suffix, Name };
  }

  async #find(table: string): Promise<Table | undefined> {
    const address = this.#address(table);
    try {
      const { Table: found } = await this.#client.send(new GetTableCommand(address));
      if (found && !isIceberg(found)) throw notIceberg(address.DatabaseName, address.Name);
      return found;
    } catch (error) {
      if (error instanceof EntityNotFoundException) return undefined;
      throw error;
    }
  }
}

/** Glue replaces an entry whole: what others say of the table is handed on. */
export function icebergEntry(
  Name: string,
  before: Table | undefined,
  next: string,
  metadata: TableMetadata,
): TableInput {
  const { Description, Owner, Parameters } = before ?? {};
  const previous = Parameters?.metadata_location;
  return {
    ...{ Name, Description, Owner },
    TableType: 'EXTERNAL_TABLE',
    Parameters: {
      ...Parameters,
      table_type: 'ICEBERG',
      metadata_location: next,
      ...(previous ? { previous_metadata_location: previous } : {}),
    },
    StorageDescriptor: { Location: metadata.location, Columns: glueColumns(metadata) },
  };
}

const noDatabase = (database: string, cause: unknown): WharfError =>
  new WharfError(`Glue has no database ${database}`, {
    code: 'catalog.no_database',
    fix: 'The stack makes one for each domain: deploy it again, then redrive the queue',
    cause,
  });

const notIceberg = (database: string, table: string): WharfError =>
  new WharfError(`Table ${database}.${table} in Glue is not an Iceberg table`, {
    code: 'catalog.not_iceberg',
    fix: 'Somebody else made it: drop or rename it, then redrive the queue',
  });

/** The tables of a run in Glue, for Athena: made by name in a database of their own, so that no statement makes any. */
import {
  CreateTableCommand,
  DeleteTableCommand,
  EntityNotFoundException,
  GetTableCommand,
  type GlueClient,
  type StorageDescriptor,
  type TableInput,
} from '@aws-sdk/client-glue';
import { ident } from '../../core/contract/text.ts';
import { icebergEntry } from '../catalog/glue.ts';
import type { Warehouse } from './model.ts';

const hadoop = 'org.apache.hadoop';
const parquet = `${hadoop}.hive.ql.io.parquet`;

/**
 * Whole lines, whatever is in them: other readers of text have a mark for the end of a column, or for null.
 * `[\s\S]` is any character, in every library of patterns.
 */
const lines: StorageDescriptor = {
  Columns: [{ Name: 'line', Type: 'string' }],
  InputFormat: `${hadoop}.mapred.TextInputFormat`,
  OutputFormat: `${hadoop}.hive.ql.io.HiveIgnoreKeyTextOutputFormat`,
  SerdeInfo: {
    SerializationLibrary: `${hadoop}.hive.serde2.RegexSerDe`,
    Parameters: { 'input.regex': '([\\s\\S]*)', 'serialization.format': '1' },
  },
};

const rows: StorageDescriptor = {
  Columns: [
    { Name: '_row', Type: 'bigint' },
    { Name: 'line', Type: 'string' },
  ],
  InputFormat: `${parquet}.MapredParquetInputFormat`,
  OutputFormat: `${parquet}.MapredParquetOutputFormat`,
  SerdeInfo: { SerializationLibrary: `${parquet}.serde.ParquetHiveSerDe` },
};

const hive = (Name: string, Location: string, like: StorageDescriptor): TableInput => ({
  Name,
  TableType: 'EXTERNAL_TABLE',
  Parameters: { EXTERNAL: 'TRUE' },
  StorageDescriptor: { ...like, Location },
});

const kinds = ['object', 'rows', 'data', 'quarantine'] as const;

export class GlueWarehouse implements Warehouse {
  readonly #client: GlueClient;
  readonly #database: string;

  constructor(client: GlueClient, database: string) {
    [this.#client, this.#database] = [client, database];
  }

  async create(
    prefix: string,
    under: string,
    { data, quarantine }: Parameters<Warehouse['create']>[2],
  ): ReturnType<Warehouse['create']> {
    const name = (kind: (typeof kinds)[number]): string => `${prefix}_${kind}`;
    const inputs = [
      hive(name('object'), `${under}/object/`, lines),
      hive(name('rows'), `${under}/rows/`, rows),
      icebergEntry(name('data'), undefined, data.path, data.metadata),
      icebergEntry(name('quarantine'), undefined, quarantine.path, quarantine.metadata),
    ];
    for (const TableInput of inputs)
      await this.#client.send(new CreateTableCommand({ DatabaseName: this.#database, TableInput }));
    const sql = (kind: (typeof kinds)[number]): string => `${ident(this.#database)}.${ident(name(kind))}`;
    return { object: sql('object'), rows: sql('rows'), data: sql('data'), quarantine: sql('quarantine') };
  }

  async current(prefix: string, table: 'data' | 'quarantine'): Promise<string> {
    const address = { DatabaseName: this.#database, Name: `${prefix}_${table}` };
    const { Table } = await this.#client.send(new GetTableCommand(address));
    return Table!.Parameters!.metadata_location!;
  }

  async drop(prefix: string): Promise<void> {
    for (const kind of kinds) {
      try {
        const address = { DatabaseName: this.#database, Name: `${prefix}_${kind}` };
        await this.#client.send(new DeleteTableCommand(address));
      } catch (error) {
        if (!(error instanceof EntityNotFoundException)) throw error;
      }
    }
  }
}

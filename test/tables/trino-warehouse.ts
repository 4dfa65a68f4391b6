/** The tables of a run where our Trino finds them, as Glue has them for Athena. */
import type { EmptyTable, Warehouse } from '../../platform/distribute/model.ts';
import type { Trino } from './trino-client.ts';

/** `hive` and `iceberg` are catalogs; Athena has both kinds of table in one. */
export class TrinoWarehouse implements Warehouse {
  readonly #trino: Trino;
  readonly #hive: string;
  readonly #iceberg: string;

  constructor(trino: Trino, hive: string, iceberg: string) {
    [this.#trino, this.#hive, this.#iceberg] = [trino, hive, iceberg];
  }

  async create(
    prefix: string,
    under: string,
    { data, quarantine }: { data: EmptyTable; quarantine: EmptyTable },
  ): ReturnType<Warehouse['create']> {
    for (const catalog of [this.#hive, this.#iceberg])
      await this.#trino.query(`CREATE SCHEMA IF NOT EXISTS ${catalog}.staging`);
    const of = (catalog: string) => (kind: string) => `${catalog}.staging."${prefix}_${kind}"`;
    const [hive, iceberg] = [of(this.#hive), of(this.#iceberg)];
    const lines = `external_location = '${under}/object/', format = 'REGEX', regex = '([\\s\\S]*)'`;
    await this.#trino.query(`CREATE TABLE ${hive('object')} (line VARCHAR) WITH (${lines})`);
    const rows = `external_location = '${under}/rows/', format = 'PARQUET'`;
    await this.#trino.query(`CREATE TABLE ${hive('rows')} (_row BIGINT, line VARCHAR) WITH (${rows})`);
    await this.#trino.register(this.#iceberg, `staging.${prefix}_data`, data.path);
    await this.#trino.register(this.#iceberg, `staging.${prefix}_quarantine`, quarantine.path);
    return {
      object: hive('object'),
      rows: hive('rows'),
      data: iceberg('data'),
      quarantine: iceberg('quarantine'),
    };
  }

  async current(prefix: string, table: 'data' | 'quarantine'): Promise<string> {
    const { rows } = await this.#trino.query(
      `SELECT file FROM ${this.#iceberg}.staging."${prefix}_${table}$metadata_log_entries" ORDER BY timestamp DESC, file DESC LIMIT 1`,
    );
    return String(rows[0]![0]);
  }

  async drop(prefix: string): Promise<void> {
    const drop = (catalog: string, kind: string) =>
      this.#trino.query(`DROP TABLE IF EXISTS ${catalog}.staging."${prefix}_${kind}"`);
    await drop(this.#hive, 'object');
    await drop(this.#hive, 'rows');
    for (const kind of ['data', 'quarantine']) {
      const { rows } = await this.#trino.query(
        `SHOW TABLES FROM ${this.#iceberg}.staging LIKE '${prefix}_${kind}'`,
      );
      if (rows.length)
        await this.#trino.query(
          `CALL ${this.#iceberg}.system.unregister_table('staging', '${prefix}_${kind}')`,
        );
    }
  }
}

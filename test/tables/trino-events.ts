/** Data files that parquetjs-lite wrote: beside DuckDB's in one table, and in a table of their own without field ids. */
import * as z from 'zod';
import { contract } from '../../core/contract/contract.ts';
import { boolean, date, float, id, instant, int, money } from '../../core/contract/fields.ts';
import { month } from '../../core/contract/partition.ts';
import { formatMetadata, parseMetadata, schemaOf } from '../../core/lake/metadata.ts';
import { tableColumns } from '../../core/lake/schema.ts';
import { commitChange } from '../../core/lake/table.ts';
import type { TestCloud } from '../pipeline/support.ts';
import { allAgree, type Check, plain } from './trino-check.ts';
import type { Trino } from './trino-client.ts';
import { annotate, writeParquet } from './trino-parquetjs.ts';

const [table, bare] = ['referee.events', 'referee.events_bare'];
const columns = ['sku', 'amount', 'price', 'ratio', 'open', 'sold_on', 'sold_at'] as const;

export const eventsContract = contract(table, {
  describe: 'What came as files and as events.',
  row: z.object({
    sku: id(),
    amount: int().optional(),
    price: money().optional(),
    ratio: float().optional(),
    open: boolean().optional(),
    sold_on: date().optional(),
    sold_at: instant(),
  }),
  partitionBy: month('sold_at'),
  key: ['sku'],
});

/** Of most columns every so many values are missing. */
const rows = Array.from({ length: 50 }, (_, i) => ({
  sku: `é${i}`,
  amount: i % 5 ? i - 10 : undefined,
  price: i % 6 ? (i - 20) * 12_345 : undefined,
  ratio: i % 7 ? i / 3 : undefined,
  open: i % 4 ? i % 3 === 0 : undefined,
  sold_on: i % 8 ? new Date(i * 86_400_000) : undefined,
  sold_at: new Date(Date.UTC(2024, 4, 5, 10) + i),
  _row: i + 1,
}));
const partition = { sold_at_month: '652' };

/** A row in the words of either reader. */
const words = (values: readonly unknown[]): string =>
  columns.map((name, i) => plain(name === 'sold_at' ? 'timestamptz' : 'string', values[i]) ?? '–').join(' ');

const expected = rows.map((row) =>
  words([
    row.sku,
    row.amount,
    row.price === undefined ? undefined : (row.price / 10_000).toFixed(4),
    row.ratio,
    row.open,
    row.sold_on?.toISOString().slice(0, 10),
    row.sold_at.toISOString().replace('T', ' ').replace('Z', ' UTC'),
  ]),
);

/** `catalog` is Trino's over the cloud's S3. */
export async function judgeEvents(
  trino: Trino,
  catalog: string,
  cloud: TestCloud,
  dir: string,
): Promise<boolean> {
  const { objects } = cloud;
  const line = { sku: 'from a file', sold_at: '2024-05-04T00:00:00Z' };
  await cloud.land(table, 'first.ndjson', `${JSON.stringify(line)}\n`);
  const landed = parseMetadata(await objects.read((await cloud.catalog.current(table))!));
  const [schema, location] = [schemaOf(landed), landed.location];

  /** Commits the rows as one file. @returns where the table's metadata is */
  async function commit(to: string, folder: string, delivery: string, withIds: boolean): Promise<string> {
    const path = `${folder}/data/${delivery}_0.parquet`;
    const delivered = rows.map((row) => ({ ...row, _delivery: delivery }));
    const file = annotate(await writeParquet(delivered, schema, dir), schema, withIds);
    await objects.write(path, file);
    const append = [{ path, records: rows.length, bytes: file.length, partition, columns: {} }];
    const table = { columns: tableColumns(eventsContract), partitionBy: eventsContract.partitionBy };
    const change = {
      ...table,
      location: folder,
      append,
      remove: [],
      deliveries: [delivery],
      now: Date.now(),
    };
    const nonce = () => delivery.repeat(32).slice(0, 32);
    await commitChange(change, { catalog: cloud.catalog, files: objects, table: to, nonce });
    return (await cloud.catalog.current(to))!;
  }

  const query = `FROM ${table} WHERE sku IS DISTINCT FROM '${line.sku}' ORDER BY _row`;
  const theirs = async (of: string, metadata: string): Promise<string[]> => {
    await trino.register(catalog, of, metadata);
    const sql = `SELECT ${columns.join(', ')} ${query.replace(table, `${catalog}.${of}`)}`;
    return (await trino.query(sql)).rows.map(words);
  };
  const withIds = await commit(table, location, 'e', true);
  const without = await commit(bare, `${location}_bare`, 'b', false);

  const checks: readonly Check[] = [
    [
      'a file of parquetjs-lite with field ids in its footer reads beside DuckDB’s',
      async () => [expected, await theirs(table, withIds)],
    ],
    [
      '`wharf query` reads the same of it',
      async () => {
        const found = await cloud.rows(`SELECT * ${query}`);
        return [expected, found.map((row) => words(columns.map((name) => row[name])))];
      },
    ],
    [
      'without field ids every value of it is null: its writer must put them there',
      async () => [rows.map(() => words([])), await theirs(bare, without)],
    ],
    [
      'a name mapping in the table’s properties stands in for the ids',
      async () => {
        const metadata = parseMetadata(await objects.read(without));
        const mapping = schema.fields.map(({ id, name }) => ({ 'field-id': id, names: [name] }));
        const properties = { 'schema.name-mapping.default': JSON.stringify(mapping) };
        const mapped = without.replace('/00000-', '/00001-');
        await objects.write(mapped, formatMetadata({ ...metadata, properties }));
        return [expected, await theirs(bare, mapped)];
      },
    ],
  ];
  return allAgree(checks);
}

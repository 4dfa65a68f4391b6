/** A table whose contract changed and whose deliveries were replaced: what Trino shows of now, and of then. */
import * as z from 'zod';
import { contract } from '../../core/contract/contract.ts';
import { decimal, id, instant, list, text } from '../../core/contract/fields.ts';
import type { Contract } from '../../core/contract/model.ts';
import { bucket, month } from '../../core/contract/partition.ts';
import { tableColumns } from '../../core/lake/schema.ts';
import type { TestCloud } from '../pipeline/support.ts';
import { describeTable, tablesOf } from './table.ts';
import { allAgree, type Check } from './trino-check.ts';
import type { Trino } from './trino-client.ts';
import { judgeTable } from './trino-table.ts';

const table = 'referee.evolved';
const describe = 'A table that grows.';
const sold_at = instant();

const before = contract(table, {
  describe,
  row: z.object({ sku: id(), price: decimal(8, 2), sold_at }),
  partitionBy: month('sold_at'),
  key: ['sku'],
});

/** Two more columns, a longer decimal, and partitions by another column. */
const after = contract(table, {
  describe,
  row: z.object({
    sku: id(),
    channel: text().optional(),
    tags: list(text()).optional(),
    price: decimal(18, 2),
    sold_at,
  }),
  partitionBy: bucket('sku', 4),
  key: ['sku'],
});

/** The contract in force. A cloud that is given this list follows it. */
export const evolvedContracts: Contract[] = [before];

const lines = (prefix: string, count: number, more: object = {}): string =>
  Array.from({ length: count }, (_, i) => {
    const day = `2024-0${(i % 3) + 1}-05T10:00:00Z`;
    return `${JSON.stringify({ sku: `${prefix}${i}`, price: `${i}.25`, sold_at: day, ...more })}\n`;
  }).join('');

const skus = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${prefix}${i}`);

export async function judgeHistory(
  trino: Trino,
  catalog: string,
  cloud: TestCloud,
  dir: string,
): Promise<boolean> {
  /** What one snapshot after another ought to show. */
  const shown: string[][] = [];
  const land = async (file: string, body: string, ought: string[]): Promise<void> => {
    const { state, accepted, read } = await cloud.land(table, file, body);
    if (state !== 'committed' || accepted !== read) throw new Error(`${file} is ${state}`);
    shown.push(ought.sort());
  };
  await land('a', lines('a', 30), skus('a', 30));
  await land('b', lines('b', 30), [...skus('a', 30), ...skus('b', 30)]);
  evolvedContracts[0] = after;
  const more = { channel: 'web', tags: ['x', 'é'], price: '9999999999999999.99' };
  await land('c', lines('c', 9, more), [...skus('a', 30), ...skus('b', 30), ...skus('c', 9)]);
  await land('a', lines('d', 20, more), [...skus('b', 30), ...skus('c', 9), ...skus('d', 20)]);

  // Columns keep their places: a new one comes last.
  const byName = new Map(tableColumns(after).map((column) => [column.name, column]));
  const names = new Set([...tableColumns(before), ...tableColumns(after)].map(({ name }) => name));
  const [ought] = tablesOf(after, { accepted: 59, quarantined: 0 });
  const now = await describeTable(
    {
      ...ought!,
      columns: [...names].map((name) => byName.get(name)!),
      partitionBy: [],
      mustPrune: ['sold_at'],
    },
    cloud,
    dir,
  );
  let ok = await judgeTable({ trino, catalog, lake: cloud.lake, table: now });

  const at = `${catalog}.${table}`;
  const rows = async (sql: string) => (await trino.query(sql)).rows;
  const keys = async (when: string) => (await rows(`SELECT sku FROM ${at} ${when} ORDER BY sku`)).flat();
  const columnsOf = async ({ id }: { readonly id: string }) =>
    (await trino.query(`SELECT * FROM ${at} FOR VERSION AS OF ${id} LIMIT 0`)).columns.map(
      ({ name }) => name,
    );
  const [first, , third, last] = now.snapshots;
  const checks: readonly Check[] = [
    [
      'rows older than a column show null in it',
      async () => [
        [[30, 29, 29]],
        await rows(`SELECT count_if(channel IS NULL), count(channel), count(tags) FROM ${at}`),
      ],
    ],
    [
      'a filter on the new column finds its rows, and none of the older ones',
      async () => [[...skus('c', 9), ...skus('d', 20)].sort(), await keys(`WHERE channel = 'web'`)],
    ],
    [
      'a snapshot has the columns of its time',
      async () => [
        [tableColumns(before).map(({ name }) => name), [...names]],
        [await columnsOf(first!), await columnsOf(third!)],
      ],
    ],
    [
      'a delivery that was replaced is gone, in one snapshot, and was there before',
      async () => [
        ['overwrite', shown[2], shown[3]],
        [
          last!.summary.operation,
          await keys(`FOR VERSION AS OF ${third!.id}`),
          await keys(`FOR VERSION AS OF ${last!.id}`),
        ],
      ],
    ],
    [
      'FOR TIMESTAMP AS OF shows the rows of each snapshot’s time',
      async () => {
        const [schema, name] = table.split('.');
        const times = await rows(
          `SELECT to_iso8601(made_current_at) FROM ${catalog}.${schema}."${name}$history" ORDER BY made_current_at`,
        );
        const seen = [];
        for (const [time] of times)
          seen.push(await keys(`FOR TIMESTAMP AS OF from_iso8601_timestamp('${String(time)}')`));
        return [shown, seen];
      },
    ],
  ];
  ok = (await allAgree(checks)) && ok;
  return ok;
}

/** A guest writes into one of our tables, we read it and go on, the guest looks again. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { contract } from '../../core/contract/contract.ts';
import { id, instant, int } from '../../core/contract/fields.ts';
import { month } from '../../core/contract/partition.ts';
import { WharfError } from '../../core/errors.ts';
import { quarantineColumns } from '../../core/lake/schema.ts';
import { commitChange } from '../../core/lake/table.ts';
import type { TestCloud } from '../pipeline/support.ts';
import { python } from './python.ts';
import { s3Properties } from './table.ts';

const table = 'referee.guest';

export const guestContract = contract(table, {
  describe: 'A table that others write to as well.',
  row: z.object({ sku: id(), amount: int().optional(), sold_at: instant() }),
  partitionBy: month('sold_at'),
  key: ['sku'],
});

const rows = (prefix: string, count: number): string =>
  Array.from({ length: count }, (_, i) => {
    const sold_at = `2024-0${(i % 3) + 1}-05T10:00:00Z`;
    return `${JSON.stringify({ sku: `${prefix}${i}`, amount: i - 5, sold_at })}\n`;
  }).join('');

/** Has the guest do something. @returns what it found, where it ended well */
async function guest<T>(verb: 'write' | 'read', job: object, dir: string): Promise<T | undefined> {
  const [asked, answered] = [join(dir, `${verb}.json`), join(dir, `${verb}-result.json`)];
  await writeFile(asked, JSON.stringify(job));
  const ok = await python('guest.py', verb, asked, answered);
  return ok ? (JSON.parse(await readFile(answered, 'utf8')) as T) : undefined;
}

function check(title: string, ours: unknown, expected: unknown): boolean {
  const ok = JSON.stringify(ours) === JSON.stringify(expected);
  console.log(ok ? `✓ ${title}` : `✗ ${title}: ${JSON.stringify(ours)}, not ${JSON.stringify(expected)}`);
  return ok;
}

export async function judgeGuest(cloud: TestCloud, dir: string): Promise<boolean> {
  const skus = async () =>
    (await cloud.rows(`SELECT sku FROM ${table} ORDER BY sku`)).map(({ sku }) => String(sku));
  const first = await cloud.land(table, 'first.ndjson', rows('a', 30));
  await cloud.land(table, 'second.ndjson', rows('b', 30));
  const metadata = (await cloud.catalog.current(table))!;
  const properties = s3Properties(cloud.cloud.endpoints.s3, cloud.cloud.credentials);
  const warehouse = `s3://${cloud.cloud.buckets.lake}/guest`;
  const left = await guest<{ metadata: string; rows: number }>(
    'write',
    {
      ...{ properties, metadata, warehouse, catalog: join(dir, 'guest.db') },
      append: [{ sku: 'g1', amount: 1 }, { sku: 'g2' }],
      delete: "sku == 'a7'",
    },
    dir,
  );
  if (!left) return false;
  await cloud.catalog.swap(table, metadata, left.metadata);

  const seen = await skus();
  let ok = check('we read what the guest left', [seen.length, seen.includes('a7')], [left.rows, false]);
  const third = await cloud.land(table, 'third.ndjson', rows('c', 10));
  ok = check('we commit after the guest', third.state, 'committed') && ok;
  await cloud.land(table, 'second.ndjson', rows('d', 20));
  const keys = await skus();
  ok = check('we replace a delivery after the guest', keys.length, left.rows + 10 - 30 + 20) && ok;
  ok =
    check(
      'we do not take back rows the guest moved',
      await takeBack(cloud, first.delivery),
      'lake.rewritten',
    ) && ok;

  const now = { metadata: await cloud.catalog.current(table), rows: keys.length, keys, key: 'sku' };
  return (await guest('read', { ...now, properties, was: left }, dir)) !== undefined && ok;
}

/** Takes a delivery back, past the pipeline. @returns the code of the error */
async function takeBack({ catalog, objects }: TestCloud, delivery: string): Promise<string | undefined> {
  const change = { location: 's3://none/none', columns: quarantineColumns.slice(0, 1), partitionBy: [] };
  const options = { catalog, files: objects, table, nonce: () => '0'.repeat(32) };
  try {
    await commitChange({ ...change, append: [], remove: [delivery], deliveries: ['undo'], now: 0 }, options);
  } catch (error) {
    if (error instanceof WharfError) return error.code;
    throw error;
  }
}

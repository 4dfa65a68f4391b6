import { describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { contract } from '../../../core/contract/contract.ts';
import { date, id, instant, int, text } from '../../../core/contract/fields.ts';
import type { Partition } from '../../../core/contract/model.ts';
import { bucket, day, identity, month, truncate, year } from '../../../core/contract/partition.ts';
import { bucketOf } from '../../../core/lake/partition.ts';
import { take } from './support.ts';

const row = z.object({
  sku: id(),
  name: text().optional(),
  amount: int().optional(),
  sold_on: date().optional(),
  sold_at: instant().optional(),
});
const csv = 'sku,name,amount,sold_on,sold_at\na-1,Ünïcode 🦆 tea,-7,2017-11-16,2017-11-16T22:31:08Z\n';
const empty = 'sku,name,amount,sold_on,sold_at\na-1,,,,\n';

/** The partition value one row gets, as the writer reports it. */
async function partitionOf(partition: Partition, file: string): Promise<string | null> {
  const c = contract('test.partitioned', { describe: 'One partition.', row, partitionBy: partition });
  const { files } = await take(c, file);
  return files[0]!.partition[partition.name]!;
}

describe('the partition of a row', () => {
  it.each([
    ['identity of a text', identity('sku'), 'a-1'],
    ['day of a date', day('sold_on'), '17486'],
    ['day of an instant', day('sold_at'), '17486'],
    ['month', month('sold_at'), String(47 * 12 + 10)],
    ['year', year('sold_on'), '47'],
    ['bucket of a text', bucket('sku', 16), String(bucketOf('a-1', 16))],
    ['bucket of a number', bucket('amount', 16), String(bucketOf(-7n, 16))],
    ['bucket of a date', bucket('sold_on', 16), String((-653330422 & 0x7fffffff) % 16)],
    ['bucket of an instant', bucket('sold_at', 16), String((-2047944441 & 0x7fffffff) % 16)],
    ['truncate of a text, by characters', truncate('name', 9), 'Ünïcode 🦆'],
    ['truncate of a number, towards less', truncate('amount', 10), '-10'],
  ])('is right for %s', async (_, partition, expected) => {
    expect(await partitionOf(partition, csv)).toBe(expected);
  });

  it('may be a text of any length', async () => {
    const long = 'é/'.repeat(5000);
    expect(await partitionOf(identity('name'), `sku,name\na-1,${long}\n`)).toBe(long);
  });

  it.each([
    ['day', day('sold_on')],
    ['bucket', bucket('amount', 16)],
    ['truncate', truncate('name', 3)],
    ['identity', identity('name')],
  ])('is null for a missing value: %s', async (_, partition) => {
    expect(await partitionOf(partition, empty)).toBeNull();
  });
});

import { describe, expect, it } from '@jest/globals';
import { decimalBytes } from '../../../core/lake/bounds.ts';
import { bucketOf, evolveSpec, hashBytes, murmur3 } from '../../../core/lake/partition.ts';
import { evolveSchema } from '../../../core/lake/schema.ts';

describe("the bucket transform's hash", () => {
  // The vectors of appendix B of the Iceberg specification.
  it.each([
    ['the integer 34', hashBytes(34n), 2017239379],
    ['the text "iceberg"', hashBytes('iceberg'), 1210000089],
    ['the decimal 14.20', decimalBytes('14.20', 2), -500754589],
    ['the date 2017-11-16', hashBytes(17486n), -653330422],
    ['the timestamp 2017-11-16T22:31:08', hashBytes(1510871468000000n), -2047944441],
    ['bytes 00 01 02 03', Uint8Array.of(0, 1, 2, 3), -188683207],
  ])('of %s is as the specification has it', (_, bytes, expected) => {
    expect(murmur3(bytes)).toBe(expected);
  });

  it('gives a bucket within range for a negative hash', () => {
    expect(bucketOf(17486n, 16)).toBe((-653330422 & 0x7fffffff) % 16);
  });
});

describe('a partition spec', () => {
  const { schema } = evolveSchema(
    undefined,
    [
      { name: 'a', type: 'string' },
      { name: 't', type: 'timestamptz' },
    ],
    0,
  );
  const month = { transform: 'month', field: 't', name: 't_month' } as const;

  it('stays the same while the contract does', () => {
    const first = evolveSpec([], [month], schema, 0);
    expect(evolveSpec([first.spec], [month], schema, first.lastPartitionId)).toEqual(first);
  });

  it('is joined by another when the contract splits its table in another way', () => {
    const first = evolveSpec([], [month], schema, 0);
    const second = evolveSpec(
      [first.spec],
      [{ transform: 'bucket', buckets: 8, field: 'a', name: 'a_bucket' }],
      schema,
      first.lastPartitionId,
    );
    expect(second.spec).toEqual({
      'spec-id': 1,
      fields: [{ 'source-id': 1, 'field-id': 1001, name: 'a_bucket', transform: 'bucket[8]' }],
    });
  });
});

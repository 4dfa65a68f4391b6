/** Partition specs and Iceberg's transforms. */
import type { Partition } from '../contract/model.ts';
import type { IcebergSchema, IcebergType } from './schema.ts';

export interface PartitionField {
  readonly 'source-id': number;
  readonly 'field-id': number;
  readonly name: string;
  readonly transform: string;
}

export interface PartitionSpec {
  readonly 'spec-id': number;
  readonly fields: readonly PartitionField[];
}

const transformName = (p: Partition): string =>
  p.transform === 'bucket'
    ? `bucket[${p.buckets}]`
    : p.transform === 'truncate'
      ? `truncate[${p.width}]`
      : p.transform;

/** Quarantine tables are split by the day their rows arrived. */
export const quarantinePartition: readonly Partition[] = [
  { transform: 'day', field: 'arrived_at', name: 'arrived_at_day' },
];

/** Partition field ids start here. */
const FIRST_ID = 1000;

/**
 * The spec for a partitioning: an earlier one that is the same, or a new one. Files keep the spec they were written
 * with, so a changed partitioning rewrites nothing.
 */
export function evolveSpec(
  specs: readonly PartitionSpec[],
  partitionBy: readonly Partition[],
  schema: IcebergSchema,
  lastPartitionId: number,
): { spec: PartitionSpec; lastPartitionId: number } {
  const wanted = partitionBy.map((p) => ({
    'source-id': schema.fields.find(({ name }) => name === p.field)!.id,
    name: p.name,
    transform: transformName(p),
  }));
  const same = (field: PartitionField, w: (typeof wanted)[number]): boolean =>
    field['source-id'] === w['source-id'] && field.transform === w.transform && field.name === w.name;
  const found = specs.find(
    ({ fields }) => fields.length === wanted.length && fields.every((f, i) => same(f, wanted[i]!)),
  );
  if (found) return { spec: found, lastPartitionId };
  let last = Math.max(lastPartitionId, FIRST_ID - 1);
  const known = specs.flatMap(({ fields }) => fields);
  const fields = wanted.map((w) => ({
    ...w,
    'field-id': known.find((f) => same(f, w))?.['field-id'] ?? ++last,
  }));
  return { spec: { 'spec-id': specs.length, fields }, lastPartitionId: last };
}

/** The type of a partition value. */
export function resultType(field: PartitionField, schema: IcebergSchema): string {
  const source = schema.fields.find(({ id }) => id === field['source-id'])!.type as IcebergType & string;
  if (field.transform === 'identity' || field.transform.startsWith('truncate')) return source;
  return field.transform === 'day' ? 'date' : 'int';
}

const rotate = (x: number, by: number): number => (x << by) | (x >>> (32 - by));

/** Murmur3, 32 bits, x86 variant, seed 0: the hash of the bucket transform. Signed, as Iceberg's test vectors are. */
export function murmur3(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const mix = (k: number): number => Math.imul(rotate(Math.imul(k, 0xcc9e2d51), 15), 0x1b873593);
  const whole = bytes.length & ~3;
  let hash = 0;
  for (let i = 0; i < whole; i += 4)
    hash = (Math.imul(rotate(hash ^ mix(view.getInt32(i, true)), 13), 5) + 0xe6546b64) | 0;
  let tail = 0;
  for (let i = bytes.length - 1; i >= whole; i--) tail = (tail << 8) | bytes[i]!;
  if (bytes.length > whole) hash ^= mix(tail);
  hash ^= bytes.length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

/** The bytes Iceberg hashes: integers, dates (days) and instants (microseconds) as 8 bytes, text as UTF-8. */
export function hashBytes(value: string | bigint): Uint8Array {
  if (typeof value === 'string') return new TextEncoder().encode(value);
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigInt64(0, value, true);
  return bytes;
}

/** The bucket of a value, from 0. @example bucketOf('iceberg', 16) // 1210000089 & MAX mod 16 */
export const bucketOf = (value: string | bigint, buckets: number): number =>
  (murmur3(hashBytes(value)) & 0x7fffffff) % buckets;

/** The partition of a judged row: Iceberg's transforms on the values judging makes, as text. DuckDB has its own in SQL. */
import type { Contract, Partition, Type } from '../contract/model.ts';
import { epochDay, epochMicros } from './bounds.ts';
import { bucketOf } from './partition.ts';

type Value = string | number | boolean;
type Of<T extends Partition['transform']> = Extract<Partition, { transform: T }>;

const yearOf = (moment: string): number => Number(moment.slice(0, 4));

/** What Iceberg hashes of a value: a text, or a whole number. */
const hashed: Partial<Readonly<Record<Type['is'], (value: Value) => bigint>>> = {
  int: BigInt,
  date: (day) => BigInt(epochDay(String(day))),
  instant: (at) => epochMicros(String(at)),
};

const transforms: {
  readonly [T in Partition['transform']]: (value: Value, is: Type['is'], partition: Of<T>) => Value | bigint;
} = {
  identity: (value) => value,
  day: (value) => epochDay(String(value)),
  month: (value) => (yearOf(String(value)) - 1970) * 12 + Number(String(value).slice(5, 7)) - 1,
  year: (value) => yearOf(String(value)) - 1970,
  bucket: (value, is, { buckets }) => bucketOf(hashed[is]?.(value) ?? String(value), buckets),
  truncate(value, is, { width }) {
    if (is !== 'int') return [...String(value)].slice(0, width).join('');
    const [number, by] = [BigInt(value), BigInt(width)];
    return number - (((number % by) + by) % by);
  },
};

/** Partition column → value, as data files have them; null for null. */
export function partitionOf(
  { partitionBy, fields }: Pick<Contract, 'partitionBy' | 'fields'>,
  row: Readonly<Record<string, unknown>>,
): Record<string, string | null> {
  const values = partitionBy.map((partition) => {
    const value = row[partition.field] as Value | null | undefined;
    const { is } = fields.find(({ name }) => name === partition.field)!.type;
    const apply = transforms[partition.transform] as (
      v: Value,
      is: Type['is'],
      p: Partition,
    ) => Value | bigint;
    return [partition.name, value == null ? null : String(apply(value, is, partition))] as const;
  });
  return Object.fromEntries(values);
}

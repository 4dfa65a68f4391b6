/** The value of a partition in SQL: Iceberg's transforms. */
import { BIGINT, DuckDBScalarFunction, type DuckDBType, INTEGER, VARCHAR } from '@duckdb/node-api';
import type { Field, Partition } from '../../core/contract/model.ts';
import { valueName } from '../../core/contract/sql.ts';
import { bucketOf } from '../../core/lake/partition.ts';

type Of<T extends Partition['transform']> = Extract<Partition, { transform: T }>;

/** A moment as a plain UTC timestamp: calendar functions on one with a zone go through ICU, ten times slower. */
const plain = (field: Field): string =>
  field.type.is === 'instant' ? `make_timestamp(epoch_us(${valueName(field)}))` : valueName(field);

/** Days since 1970 of a date or a plain timestamp. */
export const daysSql = (moment: string): string =>
  `datediff('day', DATE '1970-01-01', CAST(${moment} AS DATE))`;

/** What Iceberg hashes of a value: a text, or a whole number. */
function bucketSql(field: Field, { buckets }: Of<'bucket'>): string {
  const value = valueName(field);
  const hashed: Readonly<Record<string, string>> = {
    int: value,
    date: daysSql(value),
    instant: `epoch_us(${value})`,
  };
  const number = hashed[field.type.is];
  return number ? `iceberg_bucket_long(${number}, ${buckets})` : `iceberg_bucket_text(${value}, ${buckets})`;
}

const truncateSql = (value: string, is: string, { width }: Of<'truncate'>): string =>
  is === 'int' ? `(${value} - ((${value} % ${width}) + ${width}) % ${width})` : `left(${value}, ${width})`;

const transforms: { readonly [T in Partition['transform']]: (field: Field, partition: Of<T>) => string } = {
  identity: valueName,
  day: (field) => daysSql(plain(field)),
  month: (field) => `((year(${plain(field)}) - 1970) * 12 + month(${plain(field)}) - 1)`,
  year: (field) => `(year(${plain(field)}) - 1970)`,
  bucket: bucketSql,
  truncate: (field, partition) => truncateSql(valueName(field), field.type.is, partition),
};

/** SQL of a partition's value over typed records. */
export const partitionSql = (field: Field, partition: Partition): string =>
  (transforms[partition.transform] as (field: Field, partition: Partition) => string)(field, partition);

const bucketFunction = (name: string, type: DuckDBType): DuckDBScalarFunction =>
  DuckDBScalarFunction.create({
    name,
    returnType: INTEGER,
    parameterTypes: [type, INTEGER],
    mainFunction: (_, input, output) => {
      const [values, buckets] = [input.getColumnVector(0), input.getColumnVector(1)];
      for (let i = 0; i < input.rowCount; i++) {
        const value = values.getItem(i) as string | bigint | null;
        output.setItem(i, value === null ? null : bucketOf(value, Number(buckets.getItem(i))));
      }
      output.flush();
    },
  });

/** The functions {@link partitionSql} names and DuckDB lacks. */
export const partitionFunctions = (): DuckDBScalarFunction[] => [
  bucketFunction('iceberg_bucket_text', VARCHAR),
  bucketFunction('iceberg_bucket_long', BIGINT),
];

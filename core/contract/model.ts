/**
 * What a contract is once compiled: plain data, no zod. Everything derived from a contract (SQL, table,
 * documents, generator) reads this and nothing else.
 */
import type { z } from 'zod';
import type { Expr } from './rules.ts';

/** A limit on a value, kept as text so that a decimal stays exact. Dates and instants are ISO text. */
export interface Bound {
  readonly value: string;
  readonly exclusive: boolean;
}

interface Range {
  readonly min?: Bound;
  readonly max?: Bound;
}

/** Lengths are counted in code points, as zod and DuckDB count them. */
interface Lengths {
  readonly minLength?: number;
  readonly maxLength?: number;
  /** JavaScript regular expression sources, all of which must match somewhere in the text. */
  readonly patterns: readonly string[];
}

/** One row per kind of value a field can hold. */
export type Type =
  | ({ readonly is: 'text' } & Lengths)
  | ({ readonly is: 'id'; readonly floatText: boolean } & Lengths)
  | ({ readonly is: 'int' } & Range)
  | ({
      readonly is: 'decimal';
      readonly precision: number;
      readonly scale: number;
      /** `2,50` is read as `2.50`, beside the usual form. */
      readonly comma?: boolean;
    } & Range)
  | ({ readonly is: 'float' } & Range)
  | { readonly is: 'boolean' }
  | ({ readonly is: 'date'; readonly formats: readonly string[] } & Range)
  | ({ readonly is: 'instant'; readonly formats: readonly string[] } & Range)
  | { readonly is: 'enum'; readonly values: readonly string[] }
  | { readonly is: 'list'; readonly items: Type; readonly minLength?: number; readonly maxLength?: number }
  | { readonly is: 'object'; readonly fields: readonly Field[] };

export interface Field {
  readonly name: string;
  readonly type: Type;
  /** A missing or empty value is refused. False for optional fields and for fields with a default. */
  readonly required: boolean;
  /** The text that stands in for a missing value, as it would stand in a file. */
  readonly default?: string;
  /** Other names this field goes by in files, e.g. `InvoiceNo`. Top-level fields only. */
  readonly aliases: readonly string[];
  readonly describe?: string;
  readonly pii?: 'direct' | 'pseudonymous';
  /** Example values, for documents and for the generator. */
  readonly examples?: readonly string[];
}

export type Transform =
  | { readonly transform: 'identity' | 'day' | 'month' | 'year' }
  | { readonly transform: 'bucket'; readonly buckets: number }
  | { readonly transform: 'truncate'; readonly width: number };

/** One partition column: `name` is the column's name in the Iceberg partition spec, e.g. `timestamp_month`. */
export type Partition = Transform & { readonly field: string; readonly name: string };

export type DuplicatePolicy = 'drop' | 'quarantine' | 'keep';

export interface Rule {
  readonly name: string;
  /** True or unknown (a null in it): the row passes. False: `rule_failed:<name>`. */
  readonly test: Expr;
  readonly describe: string;
}

/** How events of a dataset are shown while they come in: broadcast one by one, and summed up. */
export interface Live {
  /** Whole or exact numbers whose product is what one event is worth. */
  readonly revenue: readonly string[];
  /** Fields whose values are each counted apart. */
  readonly by: readonly string[];
  /** The field whose most frequent values are named. */
  readonly top: string;
}

export interface Contract<Row extends z.ZodObject = z.ZodObject> {
  /** `<domain>.<dataset>` */
  readonly name: string;
  readonly domain: string;
  readonly dataset: string;
  readonly describe: string;
  readonly row: Row;
  readonly fields: readonly Field[];
  readonly key: readonly string[];
  readonly partitionBy: readonly Partition[];
  readonly rules: readonly Rule[];
  /** field → `<domain>.<dataset>` whose key it holds. */
  readonly references: Readonly<Record<string, string>>;
  /** Milliseconds after which the table counts as stale. */
  readonly freshness?: number;
  readonly duplicates: { readonly rows: DuplicatePolicy; readonly keys: DuplicatePolicy };
  /** The same S3 key arrives with new content. */
  readonly onOverwrite: 'replace' | 'append' | 'reject';
  /** Absent: its events are not broadcast. */
  readonly live?: Live;
  /** Its posted events are written in the order in which they were posted. */
  readonly ordered: boolean;
}

/** How a table is split into partitions; the transforms are Iceberg's. */
import type { Partition } from './model.ts';

const named =
  (transform: 'identity' | 'day' | 'month' | 'year') =>
  (field: string): Partition => ({
    transform,
    field,
    name: transform === 'identity' ? field : `${field}_${transform}`,
  });

export const identity = named('identity');
export const day = named('day');
/** @example month('timestamp') // one partition a month, column timestamp_month */
export const month = named('month');
export const year = named('year');

/** Spreads values over a fixed number of partitions by their hash. */
export const bucket = (field: string, buckets: number): Partition => ({
  transform: 'bucket',
  buckets,
  field,
  name: `${field}_bucket`,
});

/** The first characters of a text, or a number rounded down to a multiple of the width. */
export const truncate = (field: string, width: number): Partition => ({
  transform: 'truncate',
  width,
  field,
  name: `${field}_trunc`,
});

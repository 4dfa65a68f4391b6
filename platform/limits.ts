/** What one delivery may cost. Every limit is tested; the values come from the deployment's configuration. */
import * as z from 'zod/mini';

const positive = z.int().check(z.positive());

export const limits = z.object({
  /** Size of a landed object, in bytes. */
  objectBytes: positive,
  /** Size after decompression, in bytes. */
  decompressedBytes: positive,
  /** Decompressed size over landed size. */
  compressionRatio: positive,
  /** Length of one line or element, in bytes. */
  rowBytes: positive,
  columns: positive,
  /** Depth of nested JSON. */
  nesting: positive,
});

export type Limits = z.infer<typeof limits>;

export const defaultLimits: Limits = {
  objectBytes: 2 * 1024 ** 3,
  decompressedBytes: 6 * 1024 ** 3,
  compressionRatio: 500,
  rowBytes: 4 * 1024 ** 2,
  columns: 2_000,
  nesting: 100,
};

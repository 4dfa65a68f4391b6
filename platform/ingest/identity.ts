/** Who a delivery is: hashes that come out the same however often the same thing is told. */
import { createHash } from 'node:crypto';
import type { SeenObject } from '../objects.ts';

/**
 * The id of what stands under a key: its version, or where buckets keep none, its ETag and time. The time matters:
 * content that returns under its old key after something else stood there is a new delivery.
 */
export function deliveryId(
  bucket: string,
  key: string,
  { version, etag, lastModified }: Pick<SeenObject, 'version' | 'etag' | 'lastModified'>,
): string {
  const content = version ?? `${etag}@${lastModified.toISOString()}`;
  return createHash('sha256')
    .update(JSON.stringify([bucket, key, content]))
    .digest('hex')
    .slice(0, 24);
}

/**
 * What stands for the content of an object that is too large to be hashed: S3's own mark and the size. The same file
 * sent in other parts has another mark, and is taken for another content.
 */
export const markOf = ({ etag, bytes }: Pick<SeenObject, 'etag' | 'bytes'>): string =>
  `etag-${etag}-${bytes}`;

/** Sorts the contents of a key by age: by time, then by S3's sequencer, which has no fixed length. */
export const deliveryOrder = ({ lastModified }: SeenObject, sequencer: string): string =>
  `${lastModified.toISOString()}#${sequencer.padStart(32, '0')}`;

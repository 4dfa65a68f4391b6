/** S3 event notifications, as they stand in an SQS message. */
import * as z from 'zod/mini';
import { WharfError } from '../../core/errors.ts';

/** One object that was created. */
export interface Notice {
  readonly bucket: string;
  readonly key: string;
  readonly version?: string;
  /** Of the object, where the event tells. */
  readonly bytes?: number;
  /** The delivery that is to go on, where we tell of it ourselves: it may be another by now that stands there. */
  readonly delivery?: string;
  /** Orders the events of one key: larger is later. */
  readonly sequencer: string;
}

const event = z.object({
  delivery: z.optional(z.string()),
  Records: z.array(
    z.object({
      s3: z.object({
        bucket: z.object({ name: z.string() }),
        object: z.object({
          key: z.string(),
          versionId: z.optional(z.string()),
          size: z.optional(z.number()),
          sequencer: z.optional(z.string()),
        }),
      }),
    }),
  ),
});

/** What S3 sends once when notifications are set up. */
const testEvent = z.object({ Event: z.literal('s3:TestEvent') });

/** Keys come form-encoded: `a+b%2Bc` is `a b+c`. */
const decodeKey = (key: string): string => decodeURIComponent(key.replaceAll('+', ' '));

const encodeKey = (key: string): string => encodeURIComponent(key).replaceAll('%20', '+');

/** The message S3 would have sent of objects. Without S3's sequencer: of two contents of a key in one second, who knows. */
export const formatNotices = (objects: readonly Omit<Notice, 'sequencer'>[], delivery?: string): string =>
  JSON.stringify({
    delivery,
    Records: objects.map(({ bucket, key, version, bytes }) => ({
      s3: { bucket: { name: bucket }, object: { key: encodeKey(key), versionId: version, size: bytes } },
    })),
  });

/** The same of the object of one delivery, which is to go on. */
export const formatNotice = (
  entry: Pick<Notice, 'bucket' | 'key' | 'version'> & { delivery: string },
): string => formatNotices([entry], entry.delivery);

/**
 * The objects a message tells of; none for S3's test event.
 * @throws WharfError `notice.invalid` when the message is no S3 event
 */
export function parseNotices(body: string): Notice[] {
  try {
    const json: unknown = JSON.parse(body);
    if (testEvent.safeParse(json).success) return [];
    const { Records, delivery } = event.parse(json);
    return Records.map(({ s3: { bucket, object } }) => ({
      delivery,
      bucket: bucket.name,
      key: decodeKey(object.key),
      version: object.versionId,
      bytes: object.size,
      sequencer: object.sequencer ?? '',
    }));
  } catch (cause) {
    throw new WharfError('The message is not an S3 event notification', {
      code: 'notice.invalid',
      fix: 'Only S3 should send to this queue: look at the queue policy and the message in the dead-letter queue',
      cause,
    });
  }
}

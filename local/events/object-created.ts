import type { StoredObject } from '../model.ts';
import type { Notification } from '../topology/model.ts';
import { region } from '../topology/names.ts';

export type Creation = 'Put' | 'Copy' | 'CompleteMultipartUpload';

/** A key as S3 writes it into a notification: slashes stay, a space is `+`, other bytes are percent-encoded. */
const encodeKey = (key: string): string =>
  key
    .split('/')
    .map((segment) =>
      encodeURIComponent(segment)
        .replace(/[!'()~]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`)
        .replaceAll('%20', '+'),
    )
    .join('/');

let last = 0n;

/** Grows with every event of this process and of the ones before it, so that text order is time order. */
function nextSequencer(): string {
  const now = BigInt(Date.now()) << 20n;
  last = now > last ? now : last + 1n;
  return last.toString(16).toUpperCase().padStart(18, '0');
}

export const asksFor = (
  { events, bucket, prefix, suffix }: Notification,
  how: Creation,
  object: StoredObject,
) =>
  object.bucket === bucket &&
  object.key.startsWith(prefix) &&
  object.key.endsWith(suffix) &&
  events.some((event) => event === 's3:ObjectCreated:*' || event === `s3:ObjectCreated:${how}`);

/** The message S3 sends to a queue when an object is created. No version: this S3 keeps one version of an object. */
export const objectCreated = (how: Creation, object: StoredObject): string =>
  JSON.stringify({
    Records: [
      {
        eventVersion: '2.1',
        eventSource: 'aws:s3',
        awsRegion: region,
        eventTime: object.lastModified.toISOString(),
        eventName: `ObjectCreated:${how}`,
        userIdentity: { principalId: 'wharf' },
        requestParameters: { sourceIPAddress: '127.0.0.1' },
        responseElements: {},
        s3: {
          s3SchemaVersion: '1.0',
          configurationId: 'wharf',
          bucket: {
            name: object.bucket,
            ownerIdentity: { principalId: 'wharf' },
            arn: `arn:aws:s3:::${object.bucket}`,
          },
          object: {
            key: encodeKey(object.key),
            size: object.size,
            eTag: object.etag,
            sequencer: nextSequencer(),
          },
        },
      },
    ],
  });

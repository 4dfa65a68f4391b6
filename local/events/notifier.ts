import type { StoredObject } from '../model.ts';
import { type S3Object, type S3Store, type SpyMessage, SqsStore } from '../services/fauxqs.ts';
import type { Queues } from '../services/queues.ts';
import type { Notification } from '../topology/model.ts';
import { asksFor, type Creation, objectCreated } from './object-created.ts';

/** Tells queues about created objects, as the buckets' notification configurations ask. */
export class Notifier {
  readonly #objects: S3Store;
  readonly #queues: Queues;
  readonly #notifications: readonly Notification[];
  #uploaded: { readonly bucket: string; readonly key: string; how: Creation } | undefined;

  constructor(objects: S3Store, queues: Queues, notifications: readonly Notification[]) {
    this.#objects = objects;
    this.#queues = queues;
    this.#notifications = notifications;
  }

  /** Every object whose creation some queue wants to hear of, oldest first. */
  watched(): StoredObject[] {
    // A prefix each: a bucket may hold a lake besides what is watched in it.
    const zones = new Map(this.#notifications.map((one) => [`${one.bucket}/${one.prefix}`, one]));
    return [...zones.values()]
      .flatMap(({ bucket, prefix }) =>
        this.#objects
          .listObjects(bucket, { prefix, maxKeys: Number.POSITIVE_INFINITY })
          .objects.map((object) => describe(bucket, object)),
      )
      .filter((object) => this.#notifications.some((one) => asksFor(one, 'Put', object)))
      .sort((one, other) => one.lastModified.getTime() - other.lastModified.getTime());
  }

  /** A copy is heard as an upload and then, in the same turn, as a copy: the message waits for the end of the turn. */
  hear({ bucket, key, status }: Extract<SpyMessage, { service: 's3' }>): void {
    if (status === 'copied' && this.#uploaded) this.#uploaded.how = 'Copy';
    if (status !== 'uploaded') return;
    const uploaded = { bucket, key, how: 'Put' as Creation };
    this.#uploaded = uploaded;
    queueMicrotask(() => {
      const object = describe(bucket, this.#objects.headObject(bucket, key));
      this.notify(object.etag.includes('-') ? 'CompleteMultipartUpload' : uploaded.how, object);
    });
  }

  notify(how: Creation, object: StoredObject): void {
    for (const notification of this.#notifications) {
      if (!asksFor(notification, how, object)) continue;
      const queue = this.#queues.getQueueByArn(notification.queueArn);
      const delay = Number(queue?.attributes.DelaySeconds);
      queue?.enqueue(SqsStore.createMessage(objectCreated(how, object), {}, delay));
    }
  }
}

const describe = (bucket: string, { key, contentLength, etag, lastModified }: S3Object): StoredObject => ({
  bucket,
  key,
  size: contentLength,
  etag: etag.replaceAll('"', ''),
  // S3 tells readers of whole seconds: who an object is must not depend on whom one asks.
  lastModified: new Date(Math.trunc(lastModified.getTime() / 1000) * 1000),
});

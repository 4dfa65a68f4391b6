import type { AddressInfo } from 'node:net';
import { buildApp } from 'fauxqs';
import { MessageSpy, type S3Store, SnsStore, type SpyMessage } from './fauxqs.ts';
import { listVersions, Objects } from './listing.ts';
import { ObjectFiles } from './objects.ts';
import { portInUse } from './ports.ts';
import { Queues } from './queues.ts';
import { isStranger } from './strangers.ts';

/** The largest PUT in one request; S3 itself takes 5 GiB. Beyond it clients use multipart uploads, as they do by themselves. */
const largestBody = 1024 ** 3;

export interface Emulator {
  readonly url: string;
  readonly objects: S3Store;
  readonly queues: Queues;
  /** Where a queue answers. */
  queueUrl(name: string): string;
  stop(): Promise<void>;
}

class Listener extends MessageSpy {
  readonly #hear: (message: SpyMessage) => void;

  constructor(hear: (message: SpyMessage) => void) {
    super({ bufferSize: 0 });
    this.#hear = hear;
  }

  override addMessage(message: SpyMessage): void {
    this.#hear(message);
  }
}

/**
 * S3 and SQS on one loopback port, objects kept under `folder`; queues keep nothing by themselves. `onObject` hears what happens to objects,
 * before the client gets its answer.
 *
 * @throws WharfError `local.port_in_use`
 */
export async function startEmulator(options: {
  folder: string;
  port: number;
  onObject: (event: Extract<SpyMessage, { service: 's3' }>) => void;
}): Promise<Emulator> {
  const files = new ObjectFiles(options.folder);
  const objects = new Objects(() => files.changes);
  files.loadS3(objects);
  objects.persistence = files;
  objects.spy = new Listener((message) => {
    if (message.service === 's3') options.onObject(message);
  });
  const queues = new Queues();
  // Without a host of its own a queue's URL is the address the client used, which always resolves.
  queues.host = '';

  const app = buildApp({
    logger: false,
    stores: { sqsStore: queues, snsStore: new SnsStore(), s3Store: objects },
  });
  app.addHook('onRequest', async ({ headers }, reply) => {
    if (isStranger(headers)) await reply.code(403).send();
  });
  app.addHook<{ Params: { bucket?: string; '*'?: string }; Querystring: Record<string, string> }>(
    'preHandler',
    async ({ method, params: { bucket, '*': key }, query }, reply) => {
      if (method !== 'GET' || !bucket || key || !('versions' in query) || !objects.hasBucket(bucket)) return;
      await reply.type('application/xml').send(listVersions(objects, bucket, query));
    },
  );
  app.removeContentTypeParser('*');
  app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: largestBody }, (_, body, done) =>
    done(null, body),
  );
  await app.listen({ host: '127.0.0.1', port: options.port }).catch((cause) => {
    throw portInUse(options.port, '--port', cause);
  });
  const { port } = app.server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    objects,
    queues,
    queueUrl: (name) => `${url}/000000000000/${name}`,
    async stop() {
      await app.close();
      files.close();
    },
  };
}

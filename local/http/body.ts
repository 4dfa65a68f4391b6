import type { IncomingMessage } from 'node:http';

/**
 * The body of a request; undefined as soon as it is known to have more than `most` bytes: the rest is not read. Listens
 * instead of iterating, which costs a tenth of a whole request.
 * @throws what ended the connection before the body
 */
export function readBody(request: IncomingMessage, most: number): Promise<Buffer | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > most) return Promise.resolve(undefined);
  const chunks: Buffer[] = [];
  let size = 0;
  return new Promise((done, fail) => {
    request.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size <= most) return;
      request.pause();
      done(undefined);
    });
    request.once('end', () => done(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)));
    request.once('error', fail);
    request.once('close', () => fail(new Error('The client hung up')));
  });
}
